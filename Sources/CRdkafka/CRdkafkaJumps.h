// How functions of librdkafka are called before it is known where they are; for C files alone.
#ifndef KES_CRDKAFKA_JUMPS_H
#define KES_CRDKAFKA_JUMPS_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void not_loaded(void) {
  fputs("librdkafka is called before it is loaded\n", stderr);
  abort();
}

// Each function of the library is a jump to an address that is filled in when it is loaded. Hidden,
// so that the library itself keeps calling its own.
#define KES_SLOT(name) \
  __attribute__((visibility("hidden"))) void *kes_slot_##name = (void *)not_loaded;

#if defined(__x86_64__)
#define KES_JUMP(slot) "  jmp *" slot "(%rip)\n"
#elif defined(__aarch64__)
// The register that the procedure call standard leaves to such jumps.
#define KES_JUMP(slot)            \
  "  adrp x16, " slot "\n"        \
  "  ldr x16, [x16, :lo12:" slot "]\n" \
  "  br x16\n"
#else
#error "a jump through a pointer is missing for this processor"
#endif

#define KES_FUNCTION(name)                        \
  __asm__(".pushsection .text\n"                  \
          "  .globl " #name "\n"                  \
          "  .hidden " #name "\n"                 \
          "  .type " #name ", %function\n"        \
          #name ":\n" KES_JUMP("kes_slot_" #name) \
          "  .size " #name ", . - " #name "\n"    \
          ".popsection\n");

static int resolve(void *loaded, const char *name, void **slot) {
  void *address = dlsym(loaded, name);
  if (address != NULL) *slot = address;
  return address != NULL;
}

#define KES_RESOLVE(name) && resolve(loaded, #name, &kes_slot_##name)

// The jumps of a list of functions, and `load`, which fills them in; or else says why not in `reason`.
#define KES_JUMPS(functions)                                             \
  functions(KES_SLOT) functions(KES_FUNCTION)                            \
  static char reason[512];                                               \
  static int is_loaded;                                                  \
  static void load(void) {                                               \
    void *loaded = dlopen("librdkafka.so.1", RTLD_NOW | RTLD_LOCAL);     \
    is_loaded = loaded != NULL functions(KES_RESOLVE);                   \
    if (!is_loaded) snprintf(reason, sizeof reason, "%s", dlerror());    \
  }

#endif

// See CCurl.h.
#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct kes_curl_library {
  CURLcode (*global_init)(long);
  CURL *(*easy_init)(void);
  void (*easy_cleanup)(CURL *);
  void (*easy_reset)(CURL *);
  CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
  CURLcode (*easy_perform)(CURL *);
  CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
  const char *(*easy_strerror)(CURLcode);
  struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
  void (*slist_free_all)(struct curl_slist *);
  atomic_int open_count;
};

// A function's address to a pointer of its type, which POSIX allows where ISO C
// does not.
static int resolve(void *loaded, const char *name, void *function) {
  void *address = dlsym(loaded, name);
  *(void **)function = address;
  return address != NULL;
}

static int resolve_all(void *loaded, kes_curl_library *library) {
  return resolve(loaded, "curl_global_init", &library->global_init) &&
         resolve(loaded, "curl_easy_init", &library->easy_init) &&
         resolve(loaded, "curl_easy_cleanup", &library->easy_cleanup) &&
         resolve(loaded, "curl_easy_reset", &library->easy_reset) &&
         resolve(loaded, "curl_easy_setopt", &library->easy_setopt) &&
         resolve(loaded, "curl_easy_perform", &library->easy_perform) &&
         resolve(loaded, "curl_easy_getinfo", &library->easy_getinfo) &&
         resolve(loaded, "curl_easy_strerror", &library->easy_strerror) &&
         resolve(loaded, "curl_slist_append", &library->slist_append) &&
         resolve(loaded, "curl_slist_free_all", &library->slist_free_all);
}

static const char *prepare(void *loaded, kes_curl_library *library) {
  static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
  if (!resolve_all(loaded, library)) return dlerror();
  // Older versions may not be initialised by two threads at once.
  pthread_mutex_lock(&once);
  CURLcode code = library->global_init(CURL_GLOBAL_DEFAULT);
  pthread_mutex_unlock(&once);
  return code == CURLE_OK ? NULL : library->easy_strerror(code);
}

kes_curl_library *kes_curl_load(const char *name, char *reason, size_t room) {
  void *loaded = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (loaded == NULL) {
    snprintf(reason, room, "%s", dlerror());
    return NULL;
  }
  kes_curl_library *library = calloc(1, sizeof *library);
  const char *fault =
      library == NULL ? "out of memory" : prepare(loaded, library);
  if (fault == NULL) return library;
  snprintf(reason, room, "%s", fault);
  free(library);
  dlclose(loaded);
  return NULL;
}

void kes_curl_unload(kes_curl_library *library) { free(library); }

int kes_curl_open_count(const kes_curl_library *library) {
  return atomic_load(&library->open_count);
}

CURL *kes_curl_open(kes_curl_library *library) {
  CURL *handle = library->easy_init();
  if (handle != NULL) atomic_fetch_add(&library->open_count, 1);
  return handle;
}

// Sees that a write to a closed connection raises no SIGPIPE: TLS
// libraries write without MSG_NOSIGNAL, and ignoring the signal would change the
// whole process.
struct pipe_guard {
  sigset_t pipe;
  sigset_t before;
  int was_pending;
};

static void guard(struct pipe_guard *guarded) {
  sigset_t pending;
  sigemptyset(&guarded->pipe);
  sigaddset(&guarded->pipe, SIGPIPE);
  sigpending(&pending);
  guarded->was_pending = sigismember(&pending, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &guarded->pipe, &guarded->before);
}

static void unguard(struct pipe_guard *guarded) {
  const struct timespec at_once = {0, 0};
  if (!guarded->was_pending) sigtimedwait(&guarded->pipe, NULL, &at_once);
  pthread_sigmask(SIG_SETMASK, &guarded->before, NULL);
}

void kes_curl_close(kes_curl_library *library, CURL *handle) {
  struct pipe_guard guarded;
  guard(&guarded);
  library->easy_cleanup(handle);
  unguard(&guarded);
  atomic_fetch_sub(&library->open_count, 1);
}

void kes_curl_reset(const kes_curl_library *library, CURL *handle) {
  library->easy_reset(handle);
}

CURLcode kes_curl_set_number(const kes_curl_library *library, CURL *handle,
                             CURLoption option, long value) {
  return library->easy_setopt(handle, option, value);
}

CURLcode kes_curl_set_text(const kes_curl_library *library, CURL *handle,
                           CURLoption option, const char *value) {
  return library->easy_setopt(handle, option, value);
}

CURLcode kes_curl_set_error_buffer(const kes_curl_library *library,
                                   CURL *handle, char *buffer) {
  return library->easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}

CURLcode kes_curl_set_headers(const kes_curl_library *library, CURL *handle,
                              struct curl_slist *headers) {
  return library->easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
}

CURLcode kes_curl_set_receiver(const kes_curl_library *library, CURL *handle,
                               size_t (*receive)(char *, size_t, size_t,
                                                 void *),
                               void *context) {
  CURLcode code = library->easy_setopt(handle, CURLOPT_WRITEFUNCTION, receive);
  if (code != CURLE_OK) return code;
  return library->easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

CURLcode kes_curl_set_progress(const kes_curl_library *library, CURL *handle,
                               int (*progress)(void *, curl_off_t, curl_off_t,
                                               curl_off_t, curl_off_t),
                               void *context) {
  CURLcode code =
      library->easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, progress);
  if (code != CURLE_OK) return code;
  code = library->easy_setopt(handle, CURLOPT_XFERINFODATA, context);
  if (code != CURLE_OK) return code;
  return library->easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
}

CURLcode kes_curl_perform(const kes_curl_library *library, CURL *handle) {
  struct pipe_guard guarded;
  guard(&guarded);
  CURLcode code = library->easy_perform(handle);
  unguard(&guarded);
  return code;
}

long kes_curl_number(const kes_curl_library *library, CURL *handle,
                     CURLINFO what) {
  long value = 0;
  return library->easy_getinfo(handle, what, &value) == CURLE_OK ? value : 0;
}

curl_off_t kes_curl_offset(const kes_curl_library *library, CURL *handle,
                           CURLINFO what) {
  curl_off_t value = 0;
  return library->easy_getinfo(handle, what, &value) == CURLE_OK ? value : 0;
}

const char *kes_curl_text(const kes_curl_library *library, CURL *handle,
                          CURLINFO what) {
  const char *text = NULL;
  return library->easy_getinfo(handle, what, &text) == CURLE_OK ? text : NULL;
}

const char *kes_curl_reason(const kes_curl_library *library, CURLcode code) {
  return library->easy_strerror(code);
}

struct curl_slist *kes_curl_add_header(kes_curl_library *library,
                                       struct curl_slist *headers,
                                       const char *header) {
  struct curl_slist *longer = library->slist_append(headers, header);
  if (headers == NULL && longer != NULL) {
    atomic_fetch_add(&library->open_count, 1);
  }
  return longer;
}

void kes_curl_free_headers(kes_curl_library *library,
                           struct curl_slist *headers) {
  if (headers == NULL) return;
  library->slist_free_all(headers);
  atomic_fetch_sub(&library->open_count, 1);
}

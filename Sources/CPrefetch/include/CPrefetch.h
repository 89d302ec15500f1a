// Telling the processor what memory will be wanted soon; Swift has no word for it.
#ifndef KES_CPREFETCH_H
#define KES_CPREFETCH_H

/// Starts to bring the cache line at `address` near. A hint: any address will
/// do, and nothing happens to it.
static inline void kes_prefetch(const void *address) {
  __builtin_prefetch(address);
}

#endif

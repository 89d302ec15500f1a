// Looking at sixteen bytes at once: what every processor has, and Swift's vectors compare one by one.
#ifndef KES_CBYTESCAN_H
#define KES_CBYTESCAN_H

#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

/// Which of the 16 bytes at `address` end the plain part of a JSON string: a
/// quote, a backslash, a control character or a byte beyond ASCII. Which bits
/// stand for which byte `kes_first_special` knows; 0 where there is none.
static inline uint64_t kes_special_bytes(const void *address) {
#if defined(__SSE2__)
  __m128i bytes = _mm_loadu_si128((const __m128i *)address);
  // Signed, so that bytes beyond ASCII are below a space, too.
  __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x22));
  __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x5C));
  __m128i special = _mm_or_si128(low, _mm_or_si128(quote, backslash));
  return (unsigned)_mm_movemask_epi8(special);
#elif defined(__ARM_NEON)
  int8x16_t bytes = vld1q_s8((const int8_t *)address);
  uint8x16_t special = vorrq_u8(
      vcltq_s8(bytes, vdupq_n_s8(0x20)),
      vorrq_u8(vceqq_s8(bytes, vdupq_n_s8(0x22)), vceqq_s8(bytes, vdupq_n_s8(0x5C))));
  // Four bits a byte.
  uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(special), 4);
  return vget_lane_u64(vreinterpret_u64_u8(nibbles), 0);
#else
  const unsigned char *bytes = (const unsigned char *)address;
  uint64_t special = 0;
  for (int index = 0; index < 16; index += 1)
    if (bytes[index] < 0x20 || bytes[index] >= 0x80 || bytes[index] == 0x22 ||
        bytes[index] == 0x5C)
      special |= (uint64_t)1 << index;
  return special;
#endif
}

/// The first of the bytes that are special, of which there is one.
static inline int kes_first_special(uint64_t special) {
#if !defined(__SSE2__) && defined(__ARM_NEON)
  return __builtin_ctzll(special) >> 2;
#else
  return __builtin_ctzll(special);
#endif
}

#endif

// What every file of the kernel shares: how it is exported, and how one build serves old and new processors.
//
// Every function here takes plain arrays whose lengths its Python wrapper has checked, keeps nothing between calls
// (the index and the last code tables of JPEGs apart) and never throws across the border.
#pragma once

#include <cstddef>
#include <cstdint>

#define SITR extern "C" __attribute__((visibility("default")))

// The compiler makes one copy for plain x86-64 and one for AVX2; the loader picks by the processor it finds. Elsewhere
// (aarch64, musl, clang) there is one copy and its vector instructions are the baseline.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(SITR_ONE_COPY)
#define SITR_COPIES __attribute__((target_clones("default", "avx2")))
#else
#define SITR_COPIES
#endif

namespace sitr {

// Four 64-bit words: one hash, or one descriptor.
struct Row {
    uint64_t word[4];
};
static_assert(sizeof(Row) == 32, "a hash is 32 bytes");

static inline __attribute__((always_inline)) int apart(const Row& one, const Row& other) {
    return __builtin_popcountll(one.word[0] ^ other.word[0]) + __builtin_popcountll(one.word[1] ^ other.word[1]) +
           __builtin_popcountll(one.word[2] ^ other.word[2]) + __builtin_popcountll(one.word[3] ^ other.word[3]);
}

}  // namespace sitr

// A candidate laid over a photo's sketch as every cut it may be: how many of the sketch's votes it has, and has right.
#include "common.h"

// `shown`, `brighter`: n times 2 x 16 words, bits of steps in sight and of those that lead to a brighter cell; `up`,
// `down`: 2 x 16 words, the sketch's votes for brighter and for darker. Written for each, 2 x 2 x 2 numbers: the votes
// in sight and those that are right; of these the votes for brighter and for darker; of these the steps to the right
// and below.
SITR SITR_COPIES int64_t sitr_slide(const uint64_t* shown, const uint64_t* brighter, int64_t n, const uint64_t* up,
                                    const uint64_t* down, int64_t* out) {
    for (int64_t i = 0; i < n; i++) {
        for (int64_t way = 0; way < 2; way++) {
            int64_t seen_up = 0, seen_down = 0, right_up = 0, right_down = 0;
            for (int64_t w = 16 * way; w < 16 * way + 16; w++) {
                const uint64_t in_sight = shown[32 * i + w], there = brighter[32 * i + w];
                seen_up += __builtin_popcountll(in_sight & up[w]);
                seen_down += __builtin_popcountll(in_sight & down[w]);
                right_up += __builtin_popcountll(in_sight & up[w] & there);
                right_down += __builtin_popcountll(in_sight & down[w] & ~there);
            }
            int64_t* to = out + 8 * i + way;
            to[0] = seen_up;
            to[2] = seen_down;
            to[4] = right_up;
            to[6] = right_down;
        }
    }
    return n;
}

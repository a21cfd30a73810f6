// A candidate laid over a photo's sketch as every cut that it may be: how many of the sketch's votes it has right.
#include <cstring>

#include "common.h"

namespace {

constexpr int64_t kCells = 32;

// Two rows of cells, a bit a column; the second may lie past the end, where nothing is.
inline __attribute__((always_inline)) uint64_t pair(const uint32_t* rows, int64_t at, int64_t end) {
    return at + 1 < end ? rows[at] | static_cast<uint64_t>(rows[at + 1]) << 32 : rows[at];
}

}  // namespace

// `brighter` (n, 2, 32): of the steps to the right (0) and below (1), a row of cells each, those to a brighter cell.
// `sizes` (n, 2): columns and rows of cells. `up`, `down` (2, 32): the sketch's votes for brighter and for darker.
// Written for each cut, place after place from left to right and downwards: the share of the votes in sight that is
// right, each of the four kinds with at least `group` votes counted alike; 0 with fewer than `least` votes.
SITR SITR_COPIES int64_t sitr_slide(const uint32_t* brighter, const int64_t* sizes, int64_t n, const uint32_t* up,
                                    const uint32_t* down, int64_t reach, int64_t group, int64_t least, double* out) {
    int64_t count = 0;
    for (int64_t c = 0; c < n; c++) {
        const int64_t columns = sizes[2 * c], rows = sizes[2 * c + 1];
        for (int64_t top = 0; top + rows <= kCells; top++) {
            for (int64_t left = 0; left + columns <= kCells; left++) {
                int64_t seen[4] = {0, 0, 0, 0}, right[4] = {0, 0, 0, 0};
                for (int64_t way = 0; way < 2; way++) {
                    const int64_t end = way ? rows - reach : rows;
                    const uint64_t wide = (1ULL << (way ? columns : columns - reach)) - 1;
                    const uint64_t row = wide << left;
                    const uint32_t* mine = brighter + 2 * kCells * c + kCells * way;
                    for (int64_t r = 0; r < end; r += 2) {
                        const uint64_t in_sight = r + 1 < end ? row | row << 32 : row;
                        const uint64_t there = pair(mine, r, end) << left;
                        const uint64_t more = in_sight & pair(up + kCells * way, top + r, kCells);
                        const uint64_t less = in_sight & pair(down + kCells * way, top + r, kCells);
                        seen[way] += __builtin_popcountll(more);
                        seen[2 + way] += __builtin_popcountll(less);
                        right[way] += __builtin_popcountll(more & there);
                        right[2 + way] += __builtin_popcountll(less & ~there);
                    }
                }
                double shares = 0;
                int64_t told = 0, votes = 0;
                for (int kind = 0; kind < 4; kind++) {
                    votes += seen[kind];
                    if (seen[kind] < group || seen[kind] == 0) continue;
                    shares += static_cast<double>(right[kind]) / static_cast<double>(seen[kind]);
                    told++;
                }
                out[count++] = votes < least || told == 0 ? 0.0 : shares / static_cast<double>(told);
            }
        }
    }
    return count;
}

// The sketch looked up: how much of what a photo's cells say is so where the geometry puts them in a picture.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "common.h"

namespace {

constexpr int CELLS = 32, WIDTH = 4, REACH = 2, BLOCK = 4, BLOCKS = CELLS / BLOCK;

// A cell's brightness, from 4 x 4 points between pixels, and how much of it lies in the picture.
void look(const uint8_t* level, int64_t rows, int64_t columns, const double* m, float shown[CELLS][CELLS],
          float seen[CELLS][CELLS]) {
    for (int r = 0; r < CELLS; r++)
        for (int c = 0; c < CELLS; c++) {
            float sum = 0, covered = 0;
            for (int v = 0; v < WIDTH; v++)
                for (int h = 0; h < WIDTH; h++) {
                    const double at_x = m[0] * (c * WIDTH + h) + m[1] * (r * WIDTH + v) + m[2];
                    const double at_y = m[3] * (c * WIDTH + h) + m[4] * (r * WIDTH + v) + m[5];
                    const double x = std::min(std::max(at_x, -2.0), static_cast<double>(columns) + 1);
                    const double y = std::min(std::max(at_y, -2.0), static_cast<double>(rows) + 1);
                    const int64_t left = static_cast<int64_t>(x + 4) - 4, top = static_cast<int64_t>(y + 4) - 4;
                    const float right_of = static_cast<float>(x - left), below = static_cast<float>(y - top);
                    const int64_t x0 = std::min(std::max<int64_t>(left, 0), columns - 1);
                    const int64_t x1 = std::min(std::max<int64_t>(left + 1, 0), columns - 1);
                    const int64_t y0 = std::min(std::max<int64_t>(top, 0), rows - 1);
                    const int64_t y1 = std::min(std::max<int64_t>(top + 1, 0), rows - 1);
                    const float up = level[y0 * columns + x0] * (1 - right_of) + level[y0 * columns + x1] * right_of;
                    const float down = level[y1 * columns + x0] * (1 - right_of) + level[y1 * columns + x1] * right_of;
                    sum += std::floor(up * (1 - below) + down * below + 0.5f);  // a pixel is a whole number
                    const float wide = (left >= 0 && left < columns ? 1 - right_of : 0) +
                                       (left + 1 >= 0 && left + 1 < columns ? right_of : 0);
                    const float high =
                        (top >= 0 && top < rows ? 1 - below : 0) + (top + 1 >= 0 && top + 1 < rows ? below : 0);
                    covered += wide * high;
                }
            shown[r][c] = sum / (WIDTH * WIDTH);
            seen[r][c] = covered / (WIDTH * WIDTH);
        }
}

// The same where every point lies well inside the picture.
SITR_COPIES void look_inside(const uint8_t* level, int64_t columns, const double* m, float shown[CELLS][CELLS]) {
    constexpr int SIDE = CELLS * WIDTH;
    for (int r = 0; r < CELLS; r++) {
        float line[SIDE] = {};
        for (int v = r * WIDTH; v < (r + 1) * WIDTH; v++) {
            const double x0 = m[1] * v + m[2], y0 = m[4] * v + m[5];
            for (int h = 0; h < SIDE; h++) {
                const double x = m[0] * h + x0, y = m[3] * h + y0;
                const int32_t left = static_cast<int32_t>(x), top = static_cast<int32_t>(y);
                const float right_of = static_cast<float>(x - left), below = static_cast<float>(y - top);
                const uint8_t* at = level + top * columns + left;
                const float up = at[0] * (1 - right_of) + at[1] * right_of;
                const float down = at[columns] * (1 - right_of) + at[columns + 1] * right_of;
                line[h] += static_cast<float>(static_cast<int32_t>(up * (1 - below) + down * below + 0.5f));
            }
        }
        for (int c = 0; c < CELLS; c++) {
            float sum = 0;
            for (int h = 0; h < WIDTH; h++) sum += line[c * WIDTH + h];
            shown[r][c] = sum / (WIDTH * WIDTH);
        }
    }
}

bool inside(int64_t rows, int64_t columns, const double* m) {
    constexpr double LAST = CELLS * WIDTH - 1;
    for (const double h : {0.0, LAST})
        for (const double v : {0.0, LAST}) {
            const double x = m[0] * h + m[1] * v + m[2], y = m[3] * h + m[4] * v + m[5];
            if (!(x >= 0.001 && x < columns - 1.001 && y >= 0.001 && y < rows - 1.001)) return false;
        }
    return true;
}

}  // namespace

// `level`: the picture, rows x columns. `placed` (2 x 3): a point of the photo's 128 x 128 to pixels of it. `steps`: the
// sketch, 2 x 32 x 32 of -1, 0, 1. A group of votes counts from `least_group` on, a block from `block_votes`; a block
// agrees when `block_agrees` of its votes do. `out`: share of agreeing blocks, number of blocks, share of votes.
SITR int64_t sitr_agree(const uint8_t* level, int64_t rows, int64_t columns, const double* placed, const int8_t* steps,
                        int64_t least_group, int64_t block_votes, double block_agrees, double* out) {
    float shown[CELLS][CELLS], seen[CELLS][CELLS];
    if (inside(rows, columns, placed)) {
        look_inside(level, columns, placed, shown);
        std::fill(&seen[0][0], &seen[0][0] + CELLS * CELLS, 1.0f);
    } else {
        look(level, rows, columns, placed, shown, seen);
    }
    int group_votes[2][2] = {}, group_right[2][2] = {}, votes[BLOCKS][BLOCKS] = {}, right[BLOCKS][BLOCKS] = {};
    for (int way = 0; way < 2; way++)
        for (int r = 0; r < CELLS; r++)
            for (int c = 0; c < CELLS; c++) {
                const int step = steps[(way * CELLS + r) * CELLS + c];
                const int far_r = way ? r + REACH : r, far_c = way ? c : c + REACH;
                if (step == 0 || !(seen[r][c] > 0.95f)) continue;
                float change = 0;
                if (far_r < CELLS && far_c < CELLS) {
                    const float here = shown[r][c], there = shown[far_r][far_c];
                    if (!(seen[far_r][far_c] > 0.95f)) continue;
                    if ((here > 252 && there > 252) || (here < 3 && there < 3)) continue;
                    change = there - here;
                }
                const int agrees = step > 0 ? change > 0 : change < 0;
                group_votes[way][step > 0]++;
                group_right[way][step > 0] += agrees;
                votes[r / BLOCK][c / BLOCK]++;
                right[r / BLOCK][c / BLOCK] += agrees;
            }
    double share = 0;
    int groups = 0, blocks = 0, agreeing = 0;
    for (int way = 0; way < 2; way++)
        for (int sign = 0; sign < 2; sign++)
            if (group_votes[way][sign] >= least_group) {
                share += static_cast<double>(group_right[way][sign]) / group_votes[way][sign];
                groups++;
            }
    for (int r = 0; r < BLOCKS; r++)
        for (int c = 0; c < BLOCKS; c++)
            if (votes[r][c] >= block_votes) {
                blocks++;
                agreeing += right[r][c] >= block_agrees * votes[r][c];
            }
    out[0] = blocks ? static_cast<double>(agreeing) / blocks : 0;
    out[1] = blocks;
    out[2] = groups ? share / groups : 0;
    return 0;
}

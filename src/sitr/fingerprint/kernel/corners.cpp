// Where local features lie and which way they look: corners of one level of a picture, and the gradient around them.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <vector>

#include "common.h"

namespace {

constexpr int REACH = 3;  // a corner is the strongest within so many pixels each way

// Sums over 3 x 3 pixels of the products of the slopes (Sobel) along one row; whole numbers, so nothing is rounded.
using Slopes = std::vector<int32_t>;  // three rows: across by across, across by down, down by down

inline __attribute__((always_inline)) void slopes(const uint8_t* level, int64_t columns, int64_t row, Slopes& slopes) {
    const uint8_t *up = level + (row - 1) * columns, *here = up + columns, *down = here + columns;
    int32_t* out = slopes.data();
    for (int64_t c = 1; c < columns - 1; c++) {
        const int dx = (up[c + 1] - up[c - 1]) + 2 * (here[c + 1] - here[c - 1]) + (down[c + 1] - down[c - 1]);
        const int dy = (down[c - 1] - up[c - 1]) + 2 * (down[c] - up[c]) + (down[c + 1] - up[c + 1]);
        out[c] = dx * dx;
        out[c + columns] = dx * dy;
        out[c + 2 * columns] = dy * dy;
    }
}

inline __attribute__((always_inline)) void add(const int32_t* __restrict a, const int32_t* __restrict b,
                                               const int32_t* __restrict c, int64_t columns, int32_t* __restrict out) {
    for (int64_t i = 0; i < columns; i++) out[i] = a[i] + b[i] + c[i];
}

inline __attribute__((always_inline)) void responses(const Slopes& a, const Slopes& b, const Slopes& c, int64_t columns,
                                                     Slopes& sums, float* __restrict out) {
    add(a.data(), b.data(), c.data(), 3 * columns, sums.data());
    const int32_t *__restrict xx = sums.data(), *__restrict xy = xx + columns, *__restrict yy = xy + columns;
    // Slopes are counted in 255 x 4 x 3 steps of brightness 0 to 1, as OpenCV scales them.
    constexpr float unit = 1.0f / (3060.0f * 3060.0f);
    for (int64_t i = 2; i < columns - 2; i++) {
        const float p = 0.5f * static_cast<float>(xx[i - 1] + xx[i] + xx[i + 1]);
        const float q = static_cast<float>(xy[i - 1] + xy[i] + xy[i + 1]);
        const float r = 0.5f * static_cast<float>(yy[i - 1] + yy[i] + yy[i + 1]);
        out[i] = ((p + r) - std::sqrt((p - r) * (p - r) + q * q)) * unit;
    }
}

inline __attribute__((always_inline)) float larger(float one, float other) { return one > other ? one : other; }

inline __attribute__((always_inline)) void widest(const float* __restrict in, int64_t columns, float* __restrict out) {
    for (int64_t c = REACH; c < columns - REACH; c++) {
        const float near = larger(larger(in[c - 1], in[c]), in[c + 1]);
        const float far = larger(larger(in[c - 3], in[c - 2]), larger(in[c + 2], in[c + 3]));
        out[c] = larger(near, far);
    }
}

}  // namespace

// The smaller eigenvalue of the slopes' products (Shi and Tomasi) where it is above `least` and the largest within three
// pixels, at least `margin` (9 or more) from the edge: row, column and value of each, row by row. `room`: how many fit.
// Returns how many there are, at most `room`; -1 when memory ran out.
SITR SITR_COPIES int64_t sitr_corners(const uint8_t* level, int64_t rows, int64_t columns, int64_t margin, float least,
                                      int64_t room, int64_t* out_row, int64_t* out_column, float* strength) {
    try {
        const int64_t ring = 2 * REACH + 1;
        std::vector<Slopes> kept(3, Slopes(3 * columns));
        Slopes sums(3 * columns);
        std::vector<std::vector<float>> value(ring, std::vector<float>(columns)), wide(ring, std::vector<float>(columns));
        std::vector<float> top(columns);
        int64_t count = 0;
        const int64_t first = margin - REACH, last = rows - margin + REACH;  // rows whose response is wanted
        if (margin < REACH + 2 || rows <= 2 * margin || columns <= 2 * margin) return 0;
        for (int64_t r = first - 1; r <= first; r++) slopes(level, columns, r, kept[r % 3]);
        for (int64_t r = first; r < last; r++) {
            slopes(level, columns, r + 1, kept[(r + 1) % 3]);
            float* out = value[r % ring].data();
            responses(kept[0], kept[1], kept[2], columns, sums, out);
            widest(out, columns, wide[r % ring].data());
            const int64_t centre = r - REACH;
            if (centre < margin) continue;
            for (int64_t c = margin; c < columns - margin; c++) top[c] = wide[0][c];
            for (int64_t k = 1; k < ring; k++) {
                const float* other = wide[k].data();
                for (int64_t c = margin; c < columns - margin; c++) top[c] = larger(top[c], other[c]);
            }
            const float* here = value[centre % ring].data();
            for (int64_t c = margin; c < columns - margin; c++)
                if (__builtin_expect(here[c] >= top[c] && here[c] > least, 0)) {
                    if (count == room) return count;
                    out_row[count] = centre;
                    out_column[count] = c;
                    strength[count++] = here[c];
                }
        }
        return count;
    } catch (const std::bad_alloc&) {
        return -1;
    }
}

namespace {

inline int64_t mirrored(int64_t at, int64_t side) {
    // As OpenCV's default border: the edge pixel is not repeated.
    while (at < 0 || at >= side) at = at < 0 ? -at : 2 * side - 2 - at;
    return at;
}

}  // namespace

// The slopes (Sobel) of a picture smoothed with `taps` weights (odd, at most 63), at `n` places only.
SITR SITR_COPIES int64_t sitr_gradients(const uint8_t* picture, int64_t rows, int64_t columns, const float* smooth,
                                        int64_t taps, const int64_t* at_row, const int64_t* at_column, int64_t n,
                                        float* dx, float* dy) {
    constexpr int MOST = 72;
    float slope[MOST] = {}, level[MOST] = {};
    if (taps < 1 || taps > 63 || rows < 2 || columns < 2) return 1;
    const int64_t wide = taps + 2, half = wide / 2;
    const int64_t padded = (wide + 7) / 8 * 8;
    for (int64_t t = 0; t < taps; t++) {  // smoothing, then a difference; smoothing, then 1 2 1
        slope[t] -= smooth[t];
        slope[t + 2] += smooth[t];
        level[t] += smooth[t];
        level[t + 1] += 2 * smooth[t];
        level[t + 2] += smooth[t];
    }
    for (int64_t p = 0; p < n; p++) {
        float flat[MOST] = {}, steep[MOST] = {}, line[MOST] = {};
        for (int64_t v = 0; v < wide; v++) {
            const uint8_t* row = picture + mirrored(at_row[p] + v - half, rows) * columns;
            const int64_t left = at_column[p] - half;
            if (left >= 0 && left + padded <= columns)
                for (int64_t h = 0; h < padded; h++) line[h] = row[left + h];
            else
                for (int64_t h = 0; h < wide; h++) line[h] = row[mirrored(left + h, columns)];
            for (int64_t h = 0; h < padded; h++) {
                flat[h] += level[v] * line[h];
                steep[h] += slope[v] * line[h];
            }
        }
        float x = 0, y = 0;
        for (int64_t h = 0; h < wide; h++) {
            x += slope[h] * flat[h];
            y += level[h] * steep[h];
        }
        dx[p] = x;
        dy[p] = y;
    }
    return 0;
}

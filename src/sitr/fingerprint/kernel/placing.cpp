// The votes for placements of a photo in a candidate, and the matches near where one puts them.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <numeric>
#include <vector>

#include "common.h"

using sitr::Row;

namespace {

constexpr double ALIKE = 0.42;  // of two sizes, as the difference of their logarithms
constexpr double TURNED = 0.85, TURNED_GUIDED = 0.8;  // cosine of the angle between two turns

// Points sorted into bands by height, so that those near a height are together.
struct Bands {
    static constexpr int MOST = 256;
    double top = 0, high = 1;
    int64_t count = 1, start[MOST + 1] = {};
    std::vector<int32_t> order;

    Bands(const float* xy, int64_t m, double near) : order(m) {
        if (m == 0) return;
        double bottom = xy[1];
        top = xy[1];
        for (int64_t j = 0; j < m; j++) {
            top = std::min<double>(top, xy[2 * j + 1]);
            bottom = std::max<double>(bottom, xy[2 * j + 1]);
        }
        high = std::max({near, (bottom - top) / (MOST - 1), 1e-3});
        count = static_cast<int64_t>((bottom - top) / high) + 1;
        for (int64_t j = 0; j < m; j++) start[band(xy[2 * j + 1]) + 1]++;
        for (int64_t b = 0; b < count; b++) start[b + 1] += start[b];
        int64_t next[MOST];
        std::copy(start, start + count, next);
        for (int64_t j = 0; j < m; j++) order[next[band(xy[2 * j + 1])]++] = static_cast<int32_t>(j);
    }

    int64_t band(double y) const { return std::min(count - 1, std::max<int64_t>(0, static_cast<int64_t>((y - top) / high))); }

    // Where the points within a band's height of `y` are. A `y` far off or not a number finds none.
    void around(double y, int64_t& from, int64_t& to) const {
        from = to = 0;
        if (!(y > top - 2 * high) || !(y < top + (static_cast<double>(count) + 2) * high)) return;
        from = start[std::max<int64_t>(0, band(y) - 1)];
        to = start[std::min(count, band(y) + 2)];
    }
};

}  // namespace

// Each of `n` matches (from `start` to `end`, x and y each; `size`; `turn` in radians; `mine`, ascending, whose it is)
// proposes a placement; which others agree? Of the `most` proposals with most voters (different `mine`), at least `least`
// and no two sharing more than half, writes who voted into `out` (most x n). How many; -1 when memory ran out.
SITR SITR_COPIES int64_t sitr_proposals(const double* start, const double* end, const double* size, const double* turn,
                                        const int64_t* mine, int64_t n, double side, int64_t most, int64_t least,
                                        uint8_t* out) {
    try {
        std::vector<double> cosine(n), sine(n), log_size(n);
        for (int64_t i = 0; i < n; i++) {
            cosine[i] = std::cos(turn[i]);
            sine[i] = std::sin(turn[i]);
            log_size[i] = std::log(size[i]);
        }
        std::vector<uint8_t> votes(n * n, 0);
        std::vector<int64_t> counts(n, 0), order(n);
        for (int64_t i = 0; i < n; i++) {
            const double a = size[i] * cosine[i], b = size[i] * sine[i];
            int64_t last = -1;
            for (int64_t j = 0; j < n; j++) {
                if (!(std::fabs(log_size[j] - log_size[i]) < ALIKE)) continue;
                if (!(cosine[i] * cosine[j] + sine[i] * sine[j] > TURNED)) continue;
                const double dx = start[2 * j] - start[2 * i], dy = start[2 * j + 1] - start[2 * i + 1];
                const double x = end[2 * i] + a * dx - b * dy - end[2 * j];
                const double y = end[2 * i + 1] + b * dx + a * dy - end[2 * j + 1];
                // One feature's size and direction are rough, so what lies far from it may miss by more.
                const double slack = size[i] * (0.02 * side + 0.12 * std::sqrt(dx * dx + dy * dy));
                if (!(x * x + y * y < slack * slack)) continue;
                votes[i * n + j] = 1;
                counts[i] += mine[j] != last;
                last = mine[j];
            }
        }
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](int64_t p, int64_t q) { return counts[p] > counts[q]; });
        int64_t chosen = 0;
        for (int64_t best : order) {
            if (counts[best] < least || chosen == most) break;
            const uint8_t* own = &votes[best * n];
            const int64_t voters = std::accumulate(own, own + n, int64_t{0});
            bool known = false;
            for (int64_t c = 0; c < chosen && !known; c++) {
                int64_t shared = 0;
                for (int64_t j = 0; j < n; j++) shared += own[j] & out[c * n + j];
                known = 2 * shared > voters;
            }
            if (!known) std::memcpy(out + n * chosen++, own, n);
        }
        return chosen;
    } catch (const std::bad_alloc&) {
        return -1;
    }
}

// For each of the photo's `n` features the candidate's most alike one of `m` (x and y, size, angle, bits) within `near`
// pixels of where `there` (x and y) expects it, of about `size` times its size, turned by about `turn`; the pairs within
// `limits` bits. How many; -1 when memory ran out.
SITR SITR_COPIES int64_t sitr_guided(const double* there, const float* my_size, const float* my_angle,
                                     const uint8_t* my_bits, int64_t n, const float* xy, const float* its_size,
                                     const float* its_angle, const uint8_t* its_bits, int64_t m, double near, double size,
                                     double turn, const double* limits, int64_t* out_mine, int64_t* out_other) {
    if (!(near > 0 && near < 1e9)) return 0;
    try {
        const Bands bands(xy, m, near);
        int64_t count = 0;
        for (int64_t i = 0; i < n; i++) {
            const double wanted = static_cast<double>(my_size[i]) * size;
            int least = 257;
            int64_t best = -1;
            Row own;
            std::memcpy(&own, my_bits + 32 * i, 32);
            int64_t from, to;
            bands.around(there[2 * i + 1], from, to);
            for (int64_t at = from; at < to; at++) {
                const int64_t j = bands.order[at];
                const double x = there[2 * i] - xy[2 * j], y = there[2 * i + 1] - xy[2 * j + 1];
                if (__builtin_expect(!(x * x + y * y <= near * near), 1)) continue;
                if (!(std::fabs(std::log(its_size[j] / wanted)) < ALIKE)) continue;
                if (!(std::cos(its_angle[j] - my_angle[i] - turn) > TURNED_GUIDED)) continue;
                Row other;
                std::memcpy(&other, its_bits + 32 * j, 32);
                const int bits = sitr::apart(own, other);
                if (bits < least || (bits == least && j < best)) {
                    least = bits;
                    best = j;
                }
            }
            if (best >= 0 && least <= limits[i]) {
                out_mine[count] = i;
                out_other[count++] = best;
            }
        }
        return count;
    } catch (const std::bad_alloc&) {
        return -1;
    }
}

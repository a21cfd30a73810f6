// The bits of local features: brightness at pairs of points of a turned lattice.
#include <cmath>
#include <cstring>

#include "common.h"

namespace {

inline int64_t inside(double value, int64_t count) {
    // As numpy rounds: to the nearest, halves to the even one.
    const int64_t at = std::lrint(value);
    return at < 0 ? 0 : (at >= count ? count - 1 : at);
}

}  // namespace

// `smooth`: the blurred level, rows x columns. For each of `n` places: row, column, cosine and sine of its direction. The
// lattice: `points` (at most 256) offsets along and across. `first`, `second`: 256 pairs of lattice points. `bits`: n x 32.
SITR void sitr_describe(const uint8_t* smooth, int64_t rows, int64_t columns, const int64_t* at_row,
                        const int64_t* at_column, const float* cosine, const float* sine, int64_t n, const float* along,
                        const float* across, int64_t points, const int64_t* first, const int64_t* second,
                        uint8_t* bits) {
    bool used[256] = {};
    for (int i = 0; i < 256; i++) used[first[i]] = used[second[i]] = true;
    for (int64_t p = 0; p < n; p++) {
        uint8_t values[256] = {};
        for (int64_t k = 0; k < points; k++) {
            if (!used[k]) continue;
            // Single products, sums in double: what numpy makes of float32 offsets and int64 places.
            const float ca = cosine[p] * along[k], sa = sine[p] * along[k];
            const float cb = cosine[p] * across[k], sb = sine[p] * across[k];
            const double x = (static_cast<double>(at_column[p]) + ca) - sb;
            const double y = (static_cast<double>(at_row[p]) + sa) + cb;
            values[k] = smooth[inside(y, rows) * columns + inside(x, columns)];
        }
        uint8_t* out = bits + 32 * p;
        for (int byte = 0; byte < 32; byte++) {
            unsigned word = 0;
            for (int bit = 0; bit < 8; bit++)
                word = 2 * word + (values[first[8 * byte + bit]] < values[second[8 * byte + bit]]);
            out[byte] = static_cast<uint8_t>(word);
        }
    }
}

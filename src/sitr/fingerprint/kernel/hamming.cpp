// Differing bits: the nearest descriptors, and the flat scan.
#include <cstring>

#include "common.h"

using sitr::apart;
using sitr::Row;

// For each of `mine`, the `k` (at most 8) nearest of `other`, the earlier first among equals; of these, the pairs within
// `limits[i]` bits. Written to `out_mine`, `out_other` (room for k * n); how many is returned.
SITR SITR_COPIES int64_t sitr_near(const uint8_t* mine, int64_t n, const uint8_t* other, int64_t m, const double* limits,
                                   int64_t k, int64_t* out_mine, int64_t* out_other) {
    int64_t count = 0;
    if (k > 8) k = 8;
    for (int64_t i = 0; i < n; i++) {
        Row one;
        std::memcpy(&one, mine + 32 * i, 32);
        int best[8];
        int64_t at[8];
        int64_t found = 0;
        int worst = static_cast<int>(limits[i]);  // whole bits: what is beyond the limit need not be ranked
        if (limits[i] < 0) continue;
        for (int64_t j = 0; j < m; j++) {
            Row two;
            std::memcpy(&two, other + 32 * j, 32);
            const int bits = apart(one, two);
            if (bits > worst) continue;
            if (found == k && bits >= best[k - 1]) continue;
            int64_t place = found < k ? found++ : k - 1;
            while (place > 0 && best[place - 1] > bits) {
                best[place] = best[place - 1];
                at[place] = at[place - 1];
                place--;
            }
            best[place] = bits;
            at[place] = j;
            if (found == k && best[k - 1] < worst) worst = best[k - 1];
        }
        for (int64_t p = 0; p < found; p++) {
            out_mine[count] = i;
            out_other[count] = at[p];
            count++;
        }
    }
    return count;
}

// Rows of `kept` within `radius` bits of `one`, from row `start` on until `room` are found: their numbers and distances.
// Returns how many; `*next` is where to go on.
SITR SITR_COPIES int64_t sitr_scan(const uint8_t* one, const uint8_t* kept, int64_t start, int64_t end, int64_t radius,
                                   int64_t room, int64_t* rows, int64_t* bits, int64_t* next) {
    Row query;
    std::memcpy(&query, one, 32);
    int64_t count = 0, i = start;
    for (; i < end && count < room; i++) {
        Row row;
        std::memcpy(&row, kept + 32 * i, 32);
        const int d = apart(query, row);
        if (d <= radius) {
            rows[count] = i;
            bits[count] = d;
            count++;
        }
    }
    *next = i;
    return count;
}

// The map that best takes some points to others, odd ones weighed down.
#include <algorithm>
#include <cmath>
#include <new>
#include <vector>

#include "common.h"

namespace {

struct Map {
    double of[6];  // x' = of[0] x + of[1] y + of[2]; y' = of[3] x + of[4] y + of[5]
};

bool similar(const double* start, const double* end, const double* weight, int64_t n, Map& out) {
    double total = 0, fx = 0, fy = 0, tx = 0, ty = 0;
    for (int64_t i = 0; i < n; i++) {
        total += weight[i];
        fx += weight[i] * start[2 * i];
        fy += weight[i] * start[2 * i + 1];
        tx += weight[i] * end[2 * i];
        ty += weight[i] * end[2 * i + 1];
    }
    fx /= total, fy /= total, tx /= total, ty /= total;
    double below = 0, along = 0, across = 0;
    for (int64_t i = 0; i < n; i++) {
        const double px = start[2 * i] - fx, py = start[2 * i + 1] - fy, qx = end[2 * i] - tx, qy = end[2 * i + 1] - ty;
        below += weight[i] * (px * px + py * py);
        along += weight[i] * (px * qx + py * qy);
        across += weight[i] * (px * qy - py * qx);
    }
    if (!(below >= 1e-9)) return false;
    along /= below, across /= below;
    out = {{along, -across, tx - (along * fx - across * fy), across, along, ty - (across * fx + along * fy)}};
    return true;
}

bool affine(const double* start, const double* end, const double* weight, int64_t n, Map& out) {
    double total = 0, mx = 0, my = 0;
    for (int64_t i = 0; i < n; i++) {
        total += weight[i];
        mx += weight[i] * start[2 * i];
        my += weight[i] * start[2 * i + 1];
    }
    mx /= total, my /= total;
    double xx = 0, xy = 0, yy = 0, widest = 1;
    for (int64_t i = 0; i < n; i++) {
        const double x = start[2 * i] - mx, y = start[2 * i + 1] - my, w = weight[i] * weight[i];
        xx += w * x * x, xy += w * x * y, yy += w * y * y;
        widest = std::max(widest, std::max(std::fabs(x), std::fabs(y)));
    }
    // Points on one line leave the affine map open across it.
    const double least = 0.5 * (xx + yy) - std::sqrt(0.25 * (xx - yy) * (xx - yy) + xy * xy);
    if (std::sqrt(std::max(0.0, least)) < 1e-3 * widest) return similar(start, end, weight, n, out);
    double squared = 0, fx = 0, fy = 0, tx = 0, ty = 0;
    for (int64_t i = 0; i < n; i++) {
        const double w = weight[i] * weight[i];
        squared += w;
        fx += w * start[2 * i], fy += w * start[2 * i + 1];
        tx += w * end[2 * i], ty += w * end[2 * i + 1];
    }
    fx /= squared, fy /= squared, tx /= squared, ty /= squared;
    double a = 0, b = 0, c = 0, ux = 0, uy = 0, vx = 0, vy = 0;
    for (int64_t i = 0; i < n; i++) {
        const double w = weight[i] * weight[i];
        const double px = start[2 * i] - fx, py = start[2 * i + 1] - fy, qx = end[2 * i] - tx, qy = end[2 * i + 1] - ty;
        a += w * px * px, b += w * px * py, c += w * py * py;
        ux += w * px * qx, uy += w * py * qx, vx += w * px * qy, vy += w * py * qy;
    }
    const double whole = a * c - b * b;
    if (!(std::fabs(whole) > 1e-300)) return similar(start, end, weight, n, out);
    const double p = (c * ux - b * uy) / whole, q = (a * uy - b * ux) / whole;
    const double r = (c * vx - b * vy) / whole, s = (a * vy - b * vx) / whole;
    out = {{p, q, tx - p * fx - q * fy, r, s, ty - r * fx - s * fy}};
    return true;
}

}  // namespace

// The map (2 x 3, row by row) from `start` to `end` (x and y of `n` points): four rounds of least squares, each with the
// worst misses of the last weighed down. `stretch`: affine, else turn, size and shift only. 1; 0 when it cannot be told;
// -1 when memory ran out.
SITR int64_t sitr_fit(const double* start, const double* end, int64_t n, int64_t stretch, double* out) {
    try {
        std::vector<double> weight(n, 1.0), miss(n), sorted(n);
        Map found{};
        for (int round = 0; round < 4; round++) {
            if (!(stretch ? affine : similar)(start, end, weight.data(), n, found)) return 0;
            const double* m = found.of;
            for (int64_t i = 0; i < n; i++) {
                const double x = m[0] * start[2 * i] + m[1] * start[2 * i + 1] + m[2] - end[2 * i];
                const double y = m[3] * start[2 * i] + m[4] * start[2 * i + 1] + m[5] - end[2 * i + 1];
                miss[i] = std::sqrt(x * x + y * y);
            }
            sorted = miss;
            std::nth_element(sorted.begin(), sorted.begin() + n / 2, sorted.end());
            const double usual = std::max(1.0, sorted[n / 2]);
            for (int64_t i = 0; i < n; i++) weight[i] = 1 / (1 + (miss[i] / (2 * usual)) * (miss[i] / (2 * usual)));
        }
        std::copy(found.of, found.of + 6, out);
        return 1;
    } catch (const std::bad_alloc&) {
        return -1;
    }
}

// PDQ's first half: from a grey picture to the 64 x 64 averages that are transformed, exactly as the reference weighs
// the pixels, whether the picture is there in full, as averages of 2 x 2, 4 x 4 or 8 x 8 of its pixels, or as the longest
// waves of such blocks.
//
// The reference blurs the whole picture twice with a box in each direction and then looks at 64 x 64 points. Boxes in
// one direction do not mix with the other, so each point is a weighted sum of rows of weighted sums of columns, and only
// the weights near the 64 points are ever needed: one multiplication a pixel instead of four passes over all.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <vector>

#include "common.h"

namespace {

constexpr int POINTS = 64;

// The weights of one direction: for each of the 64 points, where they start and what they are.
struct Weights {
    int64_t start[POINTS];
    std::vector<float> of[POINTS];
};

constexpr int64_t MOST_WAVES = 8;

// What a JPEG's waves along one side of a block do to its pixels, when they are scaled as sitr_jpeg_waves does.
struct Cosines {
    double of[MOST_WAVES][MOST_WAVES];
    Cosines() {
        for (int u = 0; u < MOST_WAVES; u++)
            for (int x = 0; x < MOST_WAVES; x++) of[u][x] = u ? std::sqrt(2.0) * std::cos((2 * x + 1) * u * M_PI / 16) : 1;
    }
};

// `side`: pixels of the whole picture; `scale`: pixels of it a block stands for; `waves`: samples of a block; `mirrored`:
// the picture is seen from its other end.
void weigh(int64_t side, int64_t scale, int64_t waves, bool mirrored, Weights& out) {
    static const Cosines cosines;
    const int64_t window = (side + 2 * POINTS - 1) / (2 * POINTS);
    const int64_t half = (window + 2) / 2, back = window - half;
    std::vector<double> step, sum;
    for (int64_t point = 0; point < POINTS; point++) {
        const int64_t centre = static_cast<int64_t>(((point + 0.5) * side) / POINTS);
        const int64_t left = std::max<int64_t>(0, centre - back), right = std::min(side - 1, centre + half - 1);
        const int64_t from = std::max<int64_t>(0, left - back), to = std::min(side - 1, right + half - 1);
        step.assign(to - from + 2, 0.0);
        for (int64_t j = left; j <= right; j++) {
            const int64_t near = std::max<int64_t>(0, j - back), far = std::min(side - 1, j + half - 1);
            const double share = 1.0 / (static_cast<double>(right - left + 1) * static_cast<double>(far - near + 1));
            step[near - from] += share;
            step[far + 1 - from] -= share;
        }
        const int64_t first = (mirrored ? side - 1 - to : from) / scale, last = (mirrored ? side - 1 - from : to) / scale;
        sum.assign((last - first + 1) * waves, 0.0);
        double weight = 0;
        for (int64_t k = from; k <= to; k++) {
            weight += step[k - from];
            const int64_t at = mirrored ? side - 1 - k : k, block = at / scale;
            double* samples = sum.data() + (block - first) * waves;
            samples[0] += weight;
            for (int64_t u = 1; u < waves; u++) samples[u] += weight * cosines.of[u][at - block * scale];
        }
        out.start[point] = first * waves;
        out.of[point].assign(sum.begin(), sum.end());
    }
}

template <typename Pixel>
inline __attribute__((always_inline)) void add_row(const Pixel* row, float weight, int64_t columns, float* out) {
    for (int64_t c = 0; c < columns; c++) out[c] += weight * static_cast<float>(row[c]);
}

template <typename Pixel>
inline __attribute__((always_inline)) void plane(const Pixel* grey, int64_t rows, int64_t columns, const Weights& down,
                                                 const Weights& across, float* line, float* out) {
    for (int64_t r = 0; r < POINTS; r++) {
        std::memset(line, 0, columns * sizeof(float));
        const auto& weights = down.of[r];
        for (size_t k = 0; k < weights.size(); k++)
            add_row(grey + (down.start[r] + static_cast<int64_t>(k)) * columns, weights[k], columns, line);
        for (int64_t c = 0; c < POINTS; c++) {
            const auto& side = across.of[c];
            const float* at = line + across.start[c];
            float sum = 0;
            for (size_t k = 0; k < side.size(); k++) sum += side[k] * at[k];
            out[r * POINTS + c] = sum;
        }
    }
    (void)rows;
}

SITR_COPIES void plane_of_bytes(const uint8_t* grey, int64_t rows, int64_t columns, const Weights& down,
                                const Weights& across, float* line, float* out) {
    plane(grey, rows, columns, down, across, line, out);
}

SITR_COPIES void plane_of_floats(const float* grey, int64_t rows, int64_t columns, const Weights& down,
                                 const Weights& across, float* line, float* out) {
    plane(grey, rows, columns, down, across, line, out);
}

}  // namespace

// The 64 x 64 averages (float, row by row) of a picture that is stored as `height` x `width` pixels and seen as EXIF's
// `orientation` says. It is given as `rows` x `columns` samples: one for each `scale` x `scale` of its pixels, or `waves` x
// `waves` (then `scale` is 8, see sitr_jpeg_waves); `floats` says whether they are float or bytes. 0, or 1 when memory ran
// out.
SITR int64_t sitr_plane(const void* grey, int64_t floats, int64_t rows, int64_t columns, int64_t height, int64_t width,
                        int64_t scale, int64_t waves, int64_t orientation, float* out) {
    try {
        Weights down, across;
        const bool upside = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
        const bool mirror = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
        weigh(height, scale, waves, upside, down);
        weigh(width, scale, waves, mirror, across);
        std::vector<float> line(columns);
        if (floats)
            plane_of_floats(static_cast<const float*>(grey), rows, columns, down, across, line.data(), out);
        else
            plane_of_bytes(static_cast<const uint8_t*>(grey), rows, columns, down, across, line.data(), out);
        if (orientation >= 5)
            for (int64_t r = 0; r < POINTS; r++)
                for (int64_t c = 0; c < r; c++) std::swap(out[r * POINTS + c], out[c * POINTS + r]);
        return 0;
    } catch (const std::bad_alloc&) {
        return 1;
    }
}

namespace {

struct Waves {
    float of[16][64];
    Waves() {
        const float scale = std::sqrt(2.0 / 64);
        for (int i = 0; i < 16; i++)
            for (int j = 0; j < 64; j++)
                of[i][j] = scale * std::cos((M_PI / 2.0 / 64) * (i + 1) * (2 * j + 1));
    }
};

int quality_of(const float* plane) {
    int sum = 0;
    for (int r = 0; r < POINTS; r++)
        for (int c = 0; c < POINTS; c++) {
            const float here = plane[r * POINTS + c];
            if (r + 1 < POINTS) sum += std::abs(static_cast<int>(((here - plane[(r + 1) * POINTS + c]) * 100) / 255));
            if (c + 1 < POINTS) sum += std::abs(static_cast<int>(((here - plane[r * POINTS + c + 1]) * 100) / 255));
        }
    return std::min(100, sum / 90);
}

}  // namespace

// PDQ's second half: 16 x 16 of the DCT, the middle value, a bit for each that is above it. `bits`: 32 bytes in the order
// that is exchanged (the last wave first). Returns the quality, 0 to 100.
SITR SITR_COPIES int64_t sitr_pdq(const float* plane, uint8_t* bits) {
    static const Waves waves;
    float half[16][64] = {}, full[256], sorted[256];
    for (int i = 0; i < 16; i++)
        for (int k = 0; k < 64; k++) {
            const float wave = waves.of[i][k];
            for (int j = 0; j < 64; j++) half[i][j] += wave * plane[k * POINTS + j];
        }
    for (int i = 0; i < 16; i++)
        for (int j = 0; j < 16; j++) {
            float sum = 0;
            for (int k = 0; k < 64; k++) sum += half[i][k] * waves.of[j][k];
            full[16 * i + j] = sum;
        }
    std::copy(full, full + 256, sorted);
    std::nth_element(sorted, sorted + 127, sorted + 256);  // the lower of the two middle values, as the reference takes it
    std::memset(bits, 0, 32);
    for (int i = 0; i < 256; i++)
        if (full[255 - i] > sorted[127]) bits[i / 8] |= static_cast<uint8_t>(0x80 >> (i % 8));
    return quality_of(plane);
}

// The longest waves of a JPEG's 8 x 8 blocks of brightness, without decoding the rest of it.
//
// A JPEG stores each block's average first (its DC coefficient), then waves from long to short. PDQ blurs so much that
// the average is enough where blocks are small beside the picture, and the next few waves where they are not. libjpeg
// unpacks every coefficient on its way and every pixel from them; here the bits of the short waves are stepped over,
// several coefficients at a time, and the scans of a progressive file that hold no averages are not read at all.
//
// This reader is made for files that are entirely in order. At the first thing that is not as ITU-T T.81 says, or that
// only few files have (arithmetic coding, 12 bits, CMYK, RGB, a lossless mode), it declines, and the ordinary decoder
// decides whether the file is damaged. It writes nowhere but into its own tables and the room it was given.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "common.h"

// Shifts by a register are dear before Haswell's; whole numbers only, so both copies give the same.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && !defined(SITR_ONE_COPY)
#define SITR_BIT_COPIES __attribute__((target_clones("default", "arch=haswell")))
#else
#define SITR_BIT_COPIES
#endif

namespace {

constexpr int PEEK = 12;       // bits looked up at once
constexpr int MOST_STEP = 14;  // bits of one step; four of them fit into what a reader holds
constexpr int MOST_SCANS = 64;
constexpr int64_t MOST_BLOCKS = 8'000'000;
constexpr int64_t MOST_SAMPLES = 32'000'000;

// Row and column of the coefficients in the order of the file (T.81, figure 5), as 8 * row + column.
constexpr uint8_t PLACE[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
                               41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
                               30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

inline unsigned word16(const uint8_t* at) { return static_cast<unsigned>(at[0]) << 8 | at[1]; }

// Bits of one stretch of entropy-coded data, the next one on top of `held`. `left` goes below zero when more bits were
// taken than there were.
struct BitReader {
    const uint8_t* at;
    const uint8_t* end;
    uint64_t held = 0;
    int left = 0;
    bool ended = false;  // at a marker, or at the end of the file

    BitReader(const uint8_t* from, const uint8_t* to) : at(from), end(to) {}

    inline __attribute__((always_inline)) void fill() {
        if (ended || left > 56) return;
        if (end - at >= 8) {
            uint64_t next;
            std::memcpy(&next, at, 8);
            const uint64_t inverted = ~next;
            if ((((inverted - 0x0101010101010101ull) & ~inverted) & 0x8080808080808080ull) == 0) {  // no byte is 0xFF
                next = __builtin_bswap64(next);
                held |= next >> left;
                at += (63 - left) >> 3;
                left |= 56;
                return;
            }
        }
        *this = filled_slowly(*this);  // by value, so that the quick way can stay in registers
    }

    static __attribute__((noinline)) BitReader filled_slowly(BitReader bits) {
        // What the quick way put below `left` is taken again, bit for bit.
        bits.held = bits.left > 0 ? bits.held & (~0ull << (64 - bits.left)) : 0;
        while (bits.left <= 56) {
            if (bits.at >= bits.end) {
                bits.ended = true;
                return bits;
            }
            const uint64_t byte = *bits.at;
            if (byte == 0xFF) {
                if (bits.end - bits.at < 2 || bits.at[1] != 0) {
                    bits.ended = true;
                    return bits;
                }
                bits.at++;  // the 0 that is stuffed after every 0xFF of data
            }
            bits.at++;
            bits.held |= byte << (56 - bits.left);
            bits.left += 8;
        }
        return bits;
    }

    inline __attribute__((always_inline)) void drop(int bits) {
        held <<= bits;
        left -= bits;
    }

    inline __attribute__((always_inline)) int take(int bits) {
        if (bits == 0) return 0;
        const int value = static_cast<int>(held >> (64 - bits));
        drop(bits);
        return value;
    }
};

struct Step {  // of several coefficients at once
    uint8_t bits, forward, last;
};

constexpr int END = 64;

struct Wave {  // one coefficient with its value; `forward` END: the block ends
    int16_t value;
    uint8_t forward, bits;  // no bits: not to be told from so few
};

inline int extended(int raw, int size) { return raw < (1 << (size - 1)) ? raw - (1 << size) + 1 : raw; }

struct Table {
    bool known = false;
    uint8_t length[1 << PEEK];  // of the code that begins so; 0: longer than PEEK bits, or none
    uint8_t value[1 << PEEK];
    Step step[1 << PEEK];
    Wave wave[1 << PEEK];
    int32_t top[18];     // the first code of more than l bits, as 16 bits
    int32_t offset[17];  // where the values of codes of l bits begin, less the first such code
    uint8_t values[256];
    int count = 0;

    bool define(const uint8_t* counts, const uint8_t* listed, int total) {
        count = total;
        std::memset(values, 0, sizeof values);
        std::memcpy(values, listed, total);
        std::memset(length, 0, sizeof length);
        int32_t code = 0;
        int at = 0;
        for (int l = 1; l <= 16; l++) {
            offset[l] = at - code;
            for (int i = 0; i < counts[l - 1]; i++, code++, at++) {
                if (code >= (1 << l)) return false;
                if (l <= PEEK) {
                    const int first = code << (PEEK - l);
                    std::memset(length + first, l, 1u << (PEEK - l));
                    std::memset(value + first, values[at], 1u << (PEEK - l));
                }
            }
            top[l] = code << (16 - l);
            code <<= 1;
        }
        top[17] = 1 << 17;
        return known = true;
    }

    // For each beginning: how far whole coefficients in it lead.
    void find_steps() {
        for (int begin = 0; begin < (1 << PEEK); begin++) {
            Step& found = step[begin];
            found = {0, 0, 0};
            while (true) {
                const int rest = (begin << found.bits) & ((1 << PEEK) - 1);
                const int l = length[rest];
                if (l == 0 || l > PEEK - found.bits) break;
                const int run = value[rest] >> 4, size = value[rest] & 15;
                const int whole = l + size;
                if (size == 0 && run != 15) {
                    found.bits += static_cast<uint8_t>(whole);
                    found.last = 1;
                    break;
                }
                if (found.bits != 0 && found.bits + whole > PEEK) break;
                found.bits += static_cast<uint8_t>(whole);
                found.forward += static_cast<uint8_t>(run + 1);
                if (found.bits >= PEEK) break;
            }
            if (found.bits == 0 || found.bits > MOST_STEP) found = {0, 64, 0};
        }
    }

    void find_waves() {
        for (int begin = 0; begin < (1 << PEEK); begin++) {
            const int l = length[begin], run = value[begin] >> 4, size = value[begin] & 15;
            wave[begin] = {0, 0, 0};
            if (l == 0 || l + size > PEEK) continue;
            wave[begin].bits = static_cast<uint8_t>(l + size);
            wave[begin].forward = static_cast<uint8_t>(size == 0 && run != 15 ? END : run + 1);
            if (size == 0) continue;
            const int raw = (begin >> (PEEK - l - size)) & ((1 << size) - 1);
            wave[begin].value = static_cast<int16_t>(extended(raw, size));
        }
    }

    // The next symbol, or -1.
    inline __attribute__((always_inline)) int symbol(BitReader& bits) const {
        const unsigned begin = static_cast<unsigned>(bits.held >> (64 - PEEK));
        if (length[begin]) {
            bits.drop(length[begin]);
            return value[begin];
        }
        const int32_t long16 = static_cast<int32_t>(bits.held >> 48);
        for (int l = PEEK + 1; l <= 16; l++)
            if (long16 < top[l]) {
                const int at = offset[l] + (long16 >> (16 - l));
                if (at < 0 || at >= count) return -1;
                bits.drop(l);
                return values[at];
            }
        return -1;
    }
};

// The codes of coefficients as a file lists them, ready for use. Most files have the same few, and making them ready
// takes a sixth of a small picture's time, so each thread remembers the last ones.
std::shared_ptr<const Table> stepping(const uint8_t* listed, int total) {
    struct Known {
        std::string listed;
        std::shared_ptr<const Table> table;
    };
    static thread_local std::array<Known, 8> known;
    static thread_local size_t next = 0;
    const char* bytes = reinterpret_cast<const char*>(listed);
    const size_t length = 16 + static_cast<size_t>(total);
    for (const Known& one : known)
        if (one.table && one.listed.size() == length && !std::memcmp(one.listed.data(), bytes, length)) return one.table;
    auto table = std::make_shared<Table>();
    if (!table->define(listed, listed + 16, total)) return nullptr;
    table->find_steps();
    table->find_waves();
    known[next] = {std::string(bytes, length), table};
    next = (next + 1) % known.size();
    return table;
}

struct Component {
    int id = 0, across = 0, down = 0, quantiser = 0, dc = 0, ac = 0, last = 0;
};

struct File {
    const uint8_t* data;
    int64_t size;
    int64_t at = 0;
    int64_t width = 0, height = 0, columns = 0, rows = 0;
    int waves;             // along each side of a block: 1, its average alone
    bool heading = false;  // only what stands before the first scan is asked for
    bool progressive = false, framed = false, adobe = false, jfif = false, averaged = false;
    bool exif = false, turned_elsewhere = false;
    int orientation = 0;  // as EXIF says; 0: it does not
    int transform = 0, components = 0, most_across = 1, most_down = 1, scans = 0, restart = 0;
    bool quantised[4] = {};
    uint16_t quantiser[4][64] = {};
    Component component[3];
    Table dc[4];
    std::shared_ptr<const Table> ac[4];
    // Of the coefficients that are kept: their place in the order of the file, where they go from their block's first
    // sample, and what they are multiplied with.
    int kept = 0, order[64];
    int64_t goes[64];
    float times[64];
    int last = 0;
    std::vector<int32_t> averages;  // before they are multiplied, as later scans of a progressive file refine them
    float* out = nullptr;           // (rows * waves) x (columns * waves)
    int64_t expected_rows = 0, expected_columns = 0;  // of `out`

    File(const uint8_t* bytes, int64_t count, int wanted) : data(bytes), size(count), waves(wanted) {}

    // The next marker, with `at` behind it; -1 at the end of the file or when there is something else.
    int marker() {
        if (at + 2 > size || data[at] != 0xFF) return -1;
        while (at < size && data[at] == 0xFF) at++;
        return at < size ? data[at++] : -1;
    }

    // To the marker after entropy-coded data that is not wanted.
    bool skip_coded() {
        while (at < size) {
            const void* found = std::memchr(data + at, 0xFF, size - at);
            if (!found) return false;
            at = static_cast<const uint8_t*>(found) - data;
            if (at + 1 >= size) return false;
            const int next = data[at + 1];
            if (next == 0 || (next >= 0xD0 && next <= 0xD7))
                at += 2;
            else if (next == 0xFF)
                at += 1;
            else
                return true;
        }
        return false;
    }

    // Reads up to the first scan (`whole` false), or to the end. False: not for this reader.
    bool read(bool whole) {
        if (size < 4 || data[0] != 0xFF || data[1] != 0xD8) return false;
        at = 2;
        heading = !whole;
        while (true) {
            const int found = marker();
            if (found < 0) return false;
            if (found == 0xD9) return averaged;
            if (found == 0x01 || (found >= 0xD0 && found <= 0xD8)) return false;
            if (at + 2 > size) return false;
            const int64_t length = word16(data + at);
            if (length < 2 || at + length > size) return false;
            const uint8_t* body = data + at + 2;
            at += length;
            if (found == 0xDA && !whole) return framed && !(turned_elsewhere && orientation == 0);
            if (!segment(found, body, length - 2)) return false;
        }
    }

    bool segment(int kind, const uint8_t* body, int64_t length) {
        switch (kind) {
            case 0xC0: case 0xC1: case 0xC2: return frame(kind, body, length);
            case 0xC4: return huffman(body, length);
            case 0xDB: return quantisers(body, length);
            case 0xDD:
                if (length != 2) return false;
                restart = static_cast<int>(word16(body));
                return true;
            case 0xDA: return framed && scan(body, length);
            case 0xE0:
                jfif = jfif || (length >= 5 && !std::memcmp(body, "JFIF", 5));
                return true;
            case 0xE1: return application(body, length);
            case 0xEE:
                if (length >= 12 && !std::memcmp(body, "Adobe", 5)) {
                    adobe = true;
                    transform = body[11];
                }
                return true;
            default:
                // Application data and comments; all else is a mode or a trick that this reader leaves to others.
                return (kind >= 0xE0 && kind <= 0xEF) || kind == 0xFE;
        }
    }

    // EXIF, for the way the picture is turned. XMP may say it too; whoever reads XMP then decides.
    bool application(const uint8_t* body, int64_t length) {
        if (length >= 6 && !std::memcmp(body, "Exif\0", 6)) {
            if (exif) return false;
            exif = true;
            return directory(body + 6, length - 6);
        }
        static const char word[] = "Orientation";
        const uint8_t* end = body + length;
        turned_elsewhere = turned_elsewhere || std::search(body, end, word, word + sizeof word - 1) != end;
        return true;
    }

    // Tag 274 of the first directory of a TIFF head (EXIF 2.32, 4.6.2).
    bool directory(const uint8_t* tiff, int64_t length) {
        if (length < 8) return false;
        const bool small = tiff[0] == 'I';
        const auto two = [&](int64_t place) -> int64_t {
            return small ? tiff[place] | tiff[place + 1] << 8 : tiff[place] << 8 | tiff[place + 1];
        };
        const auto four = [&](int64_t place) {
            return small ? two(place) | two(place + 2) << 16 : two(place) << 16 | two(place + 2);
        };
        if (std::memcmp(tiff, small ? "II*\0" : "MM\0*", 4)) return false;
        const int64_t first = four(4);
        if (first < 8 || first + 2 > length) return false;
        const int64_t count = two(first);
        if (first + 2 + 12 * count > length) return false;
        for (int64_t entry = first + 2; entry < first + 2 + 12 * count; entry += 12) {
            if (two(entry) != 274) continue;
            if (orientation != 0 || two(entry + 2) != 3 || four(entry + 4) != 1) return false;
            const int64_t said = two(entry + 8);
            orientation = said >= 1 && said <= 8 ? static_cast<int>(said) : 1;
        }
        return true;
    }

    bool frame(int kind, const uint8_t* body, int64_t length) {
        if (framed || length < 6 || body[0] != 8) return false;
        progressive = kind == 0xC2;
        height = word16(body + 1);
        width = word16(body + 3);
        components = body[5];
        if (height == 0 || width == 0 || (components != 1 && components != 3) || length != 6 + 3 * components) return false;
        int blocks = 0;
        for (int i = 0; i < components; i++) {
            Component& one = component[i];
            one.id = body[6 + 3 * i];
            one.across = body[7 + 3 * i] >> 4;
            one.down = body[7 + 3 * i] & 15;
            one.quantiser = body[8 + 3 * i];
            if (one.across < 1 || one.across > 4 || one.down < 1 || one.down > 4 || one.quantiser > 3) return false;
            for (int j = 0; j < i; j++)
                if (component[j].id == one.id) return false;
            most_across = std::max(most_across, one.across);
            most_down = std::max(most_down, one.down);
            blocks += one.across * one.down;
        }
        // Brightness has to be there in full, and be brightness.
        if (component[0].across != most_across || component[0].down != most_down) return false;
        if (components == 3) {
            if (blocks > 10) return false;
            if (adobe ? transform != 1 : !jfif && component[0].id == 'R') return false;
        }
        columns = (width + 7) / 8;
        rows = (height + 7) / 8;
        if (columns * rows > MOST_BLOCKS || columns * rows * waves * waves > MOST_SAMPLES) return false;
        if (progressive && waves > 1) return false;  // they are spread over many scans
        return framed = true;
    }

    bool quantisers(const uint8_t* body, int64_t length) {
        while (length > 0) {
            const int wide = body[0] >> 4, number = body[0] & 15, bytes = 1 + 64 * (wide + 1);
            if (wide > 1 || number > 3 || length < bytes) return false;
            for (int i = 0; i < 64; i++)
                quantiser[number][i] = static_cast<uint16_t>(wide ? word16(body + 1 + 2 * i) : body[1 + i]);
            quantised[number] = true;
            body += bytes;
            length -= bytes;
        }
        return true;
    }

    bool huffman(const uint8_t* body, int64_t length) {
        while (length > 0) {
            if (length < 17) return false;
            const int kind = body[0] >> 4, number = body[0] & 15;
            int total = 0;
            for (int i = 1; i <= 16; i++) total += body[i];
            if (kind > 1 || number > 3 || total > 256 || length < 17 + total) return false;
            // A progressive file has many more for scans that are not read. Tables may stand before the frame.
            const bool needed = !(framed && progressive) && !heading;
            if (kind && needed && !(ac[number] = stepping(body + 1, total))) return false;
            if (!kind && !dc[number].define(body + 1, body + 17, total)) return false;
            body += 17 + total;
            length -= 17 + total;
        }
        return true;
    }

    bool scan(const uint8_t* body, int64_t length) {
        if (++scans > MOST_SCANS || length < 1) return false;
        const int count = body[0];
        if (count < 1 || count > components || length != 4 + 2 * count) return false;
        Component* wanted[3];
        bool ours = false;
        int before = -1;
        for (int i = 0; i < count; i++) {
            int which = 0;
            while (which < components && component[which].id != body[1 + 2 * i]) which++;
            if (which == components || which <= before) return false;
            before = which;
            wanted[i] = &component[which];
            wanted[i]->dc = body[2 + 2 * i] >> 4;
            wanted[i]->ac = body[2 + 2 * i] & 15;
            if (wanted[i]->dc > 3 || wanted[i]->ac > 3) return false;
            ours = ours || which == 0;
        }
        const uint8_t* band = body + 1 + 2 * count;
        const int first = band[0], last = band[1], high = band[2] >> 4, low = band[2] & 15;
        if (!progressive) {
            if (first != 0 || last != 63 || high != 0 || low != 0 || (ours && averaged)) return false;
        } else {
            if (first > last || last > 63 || (first == 0 && last != 0) || low > 13) return false;
            if (first != 0 || !ours) return skip_coded();
            if (high == 0 ? averaged : (!averaged || high != low + 1)) return false;
        }
        if (!ours) return skip_coded();
        if (expected_rows != rows * waves || expected_columns != columns * waves) return false;
        return waves_of(wanted, count, high, low);
    }

    SITR_BIT_COPIES bool waves_of(Component** wanted, int count, int high, int low) {
        if (!averaged) {
            if (!quantised[component[0].quantiser]) return false;
            prepare(quantiser[component[0].quantiser]);
            averages.assign(progressive ? columns * rows : 0, 0);
        }
        const bool refines = progressive && high != 0;
        for (int i = 0; i < count; i++) {
            if (!refines && !dc[wanted[i]->dc].known) return false;
            if (!progressive && !ac[wanted[i]->ac]) return false;
            wanted[i]->last = 0;
        }
        const bool mixed = count > 1;
        const int64_t across = mixed ? (width + 8 * most_across - 1) / (8 * most_across) : columns;
        const int64_t down = mixed ? (height + 8 * most_down - 1) / (8 * most_down) : rows;
        BitReader bits(data + at, data + size);
        int64_t until = restart ? restart : -1;
        int expected = 0;
        for (int64_t unit = 0; unit < across * down; unit++) {
            if (until == 0) {
                if (!restarted(bits, expected)) return false;
                expected = (expected + 1) & 7;
                until = restart;
                for (int i = 0; i < count; i++) wanted[i]->last = 0;
            }
            if (until > 0) until--;
            const int64_t row = unit / across, column = unit % across;
            for (int i = 0; i < count; i++) {
                Component& one = *wanted[i];
                const int high_blocks = mixed ? one.down : 1, wide_blocks = mixed ? one.across : 1;
                for (int v = 0; v < high_blocks; v++)
                    for (int h = 0; h < wide_blocks; h++) {
                        const int64_t r = row * high_blocks + v, c = column * wide_blocks + h;
                        const bool ours = &one == &component[0] && r < rows && c < columns;
                        float* samples = ours ? out + (r * columns * waves + c) * waves : nullptr;
                        int value;
                        if (!block(bits, one, refines, low, value, samples)) return false;
                        if (ours && progressive) {
                            int32_t& before = averages[r * columns + c];
                            before = refines ? before | value : value;
                            value = before;
                        }
                        if (ours) *samples = std::min(255.0f, std::max(0.0f, static_cast<float>(value) * times[0] + 128));
                    }
            }
            if (bits.left < 0) return false;
        }
        return finished(bits);
    }

    void prepare(const uint16_t* quantised_by) {
        for (int k = 0; k < 64; k++) {
            const int v = PLACE[k] / 8, u = PLACE[k] % 8;
            if (v >= waves || u >= waves) continue;
            order[kept] = last = k;
            goes[kept] = v * columns * waves + u;
            times[kept++] = static_cast<float>(quantised_by[k]) / 8;
        }
    }

    // One block: its average, not yet multiplied, into `value`, the other waves into `samples` (null: not wanted).
    inline __attribute__((always_inline)) bool block(BitReader& bits, Component& one, bool refines, int low, int& value,
                                                     float* samples) {
        bits.fill();
        if (refines) {
            value = bits.take(1) << low;
            return true;
        }
        const int size = dc[one.dc].symbol(bits);
        if (size < 0 || size > 15) return false;
        if (size) {
            const int raw = bits.take(size);
            one.last += extended(raw, size);
            if (one.last > 65535 || one.last < -65535) return false;
        }
        value = one.last * (1 << low);
        if (progressive) return true;
        int k = 1;
        bool ended = false;
        if (samples && last > 0 && !long_waves(bits, *ac[one.ac], samples, k, ended)) return false;
        return ended || step_over(bits, *ac[one.ac], k);
    }

    // The coefficients up to the last that is wanted.
    inline __attribute__((always_inline)) bool long_waves(BitReader& bits, const Table& table, float* samples, int& k,
                                                          bool& ended) {
        int16_t found[2 * 64];
        std::memset(found, 0, (last + 1) * sizeof found[0]);
        while (k <= last) {
            if (bits.left < 32) bits.fill();
            Wave wave = table.wave[bits.held >> (64 - PEEK)];
            if (__builtin_expect(wave.bits == 0, 0) && !rare_wave(bits, table, wave)) return false;
            bits.drop(wave.bits);
            k += wave.forward;
            found[k - 1] = wave.value;
            ended = wave.forward == END;
        }
        for (int i = 1; i < kept; i++) samples[goes[i]] = static_cast<float>(found[order[i]]) * times[i];
        return ended || k <= 64;
    }

    // One coefficient of more bits than are looked up at once. False: no such code.
    static __attribute__((noinline)) bool rare_wave(BitReader& bits, const Table& table, Wave& wave) {
        BitReader ahead = bits;
        const int symbol = table.symbol(ahead);
        if (symbol < 0) return false;
        const int run = symbol >> 4, size = symbol & 15, length = bits.left - ahead.left;
        const int raw = size ? static_cast<int>(ahead.held >> (64 - size)) : 0;
        wave.bits = static_cast<uint8_t>(length + size);
        wave.forward = static_cast<uint8_t>(size == 0 && run != 15 ? END : run + 1);
        wave.value = static_cast<int16_t>(size ? extended(raw, size) : 0);
        return true;
    }

    inline __attribute__((always_inline)) bool step_over(BitReader& bits, const Table& table, int k) {
        while (k < 64) {
            bits.fill();
            // Four steps of at most MOST_STEP bits need no look at how many bits are left.
            bool slow = false;
            for (int i = 0; i < 4; i++) {
                const Step step = table.step[bits.held >> (64 - PEEK)];
                if (__builtin_expect(k + step.forward >= 64, 0)) {  // the slow ones lead that far
                    slow = true;
                    break;
                }
                bits.drop(step.bits);
                k += step.forward;
                if (step.last) return true;
            }
            if (!slow) continue;
            bits.fill();
            const int symbol = table.symbol(bits);
            if (symbol < 0) return false;
            const int run = symbol >> 4, size = symbol & 15;
            if (size == 0 && run != 15) return true;
            k += run + 1;
            if (size) bits.drop(size);
        }
        return k == 64;
    }

    bool restarted(BitReader& bits, int expected) {
        bits.fill();
        if (!bits.ended || bits.left >= 8 || bits.left < 0) return false;
        if (bits.end - bits.at < 2 || bits.at[0] != 0xFF || bits.at[1] != 0xD0 + expected) return false;
        bits = BitReader(bits.at + 2, bits.end);
        return true;
    }

    // After the last block: less than a byte of padding, then a marker.
    bool finished(BitReader& bits) {
        bits.fill();
        if (!bits.ended || bits.left >= 8 || bits.left < 0 || bits.at >= bits.end) return false;
        at = bits.at - data;
        averaged = true;
        return true;
    }
};

SITR_COPIES int64_t starts_of_scans(const uint8_t* data, int64_t count) {
    int64_t found = 0;
    for (int64_t i = 0; i + 1 < count; i++) found += (data[i] == 0xFF) & (data[i + 1] == 0xDA);
    return found;
}

}  // namespace

// What a JPEG that this reader may read says of itself, into `told`: width, height, EXIF orientation (1 to 8; 1 when it
// says none), 1 when it is progressive, and how often the mark of a scan stands anywhere in the bytes. 0, or 1 when the
// reader declines.
SITR int64_t sitr_jpeg_head(const uint8_t* data, int64_t count, int64_t* told) {
    try {
        const auto file = std::make_unique<File>(data, count, 1);
        if (!file->read(false)) return 1;
        told[0] = file->width;
        told[1] = file->height;
        told[2] = std::max(1, file->orientation);
        told[3] = file->progressive;
        told[4] = starts_of_scans(data, count);
        return 0;
    } catch (const std::bad_alloc&) {
        return 1;
    }
}

// The `waves` x `waves` longest waves of brightness of each 8 x 8 block into `out`, `rows` x `columns` zeros: a height and
// width divided by 8, rounded up, times `waves` (1 to 8). The first of a block is its average (0 to 255); wave u along a
// side is to be multiplied with sqrt(2) cos((2x + 1) u pi / 16) for the block's pixel x. 0, or 1 when the file is not
// entirely in order or not for this reader.
SITR int64_t sitr_jpeg_waves(const uint8_t* data, int64_t count, int64_t waves, int64_t rows, int64_t columns, float* out) {
    try {
        const auto file = std::make_unique<File>(data, count, static_cast<int>(waves));
        file->out = out;
        file->expected_rows = rows;
        file->expected_columns = columns;
        return file->read(true) ? 0 : 1;
    } catch (const std::bad_alloc&) {
        return 1;
    }
}

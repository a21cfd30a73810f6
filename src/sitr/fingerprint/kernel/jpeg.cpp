// The averages of a JPEG's 8 x 8 blocks, without decoding the rest of it.
//
// A JPEG stores each block's average first (its DC coefficient). libjpeg at scale 1/8 gives the same numbers but unpacks
// every other coefficient on its way; here their bits are stepped over, several coefficients at a time, and the scans of a
// progressive file that hold no averages are not read at all.
//
// This reader is made for files that are entirely in order. At the first thing that is not as ITU-T T.81 says, or that
// only few files have (arithmetic coding, 12 bits, CMYK, RGB, a lossless mode), it declines, and the ordinary decoder
// decides whether the file is damaged. It writes nowhere but into its own tables and the room it was given.
#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
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

struct Table {
    bool known = false;
    uint8_t length[1 << PEEK];  // of the code that begins so; 0: longer than PEEK bits, or none
    uint8_t value[1 << PEEK];
    Step step[1 << PEEK];
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

struct Component {
    int id = 0, across = 0, down = 0, quantiser = 0, dc = 0, ac = 0, last = 0;
};

struct File {
    const uint8_t* data;
    int64_t size;
    int64_t at = 0;
    int64_t width = 0, height = 0, columns = 0, rows = 0;
    bool progressive = false, framed = false, adobe = false, jfif = false, averaged = false;
    int transform = 0, components = 0, most_across = 1, most_down = 1, scans = 0, restart = 0, scale = 0;
    bool quantised[4] = {};
    int quantiser[4] = {};
    Component component[3];
    Table dc[4], ac[4];
    std::vector<int32_t> averages;

    File(const uint8_t* bytes, int64_t count) : data(bytes), size(count) {}

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

    // Reads up to the frame (`whole` false), or to the end. False: not for this reader.
    bool read(bool whole) {
        if (size < 4 || data[0] != 0xFF || data[1] != 0xD8) return false;
        at = 2;
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
            if (!segment(found, body, length - 2)) return false;
            if (framed && !whole) return true;
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
        if (columns * rows > MOST_BLOCKS) return false;
        return framed = true;
    }

    bool quantisers(const uint8_t* body, int64_t length) {
        while (length > 0) {
            const int wide = body[0] >> 4, number = body[0] & 15, bytes = 1 + 64 * (wide + 1);
            if (wide > 1 || number > 3 || length < bytes) return false;
            quantiser[number] = static_cast<int>(wide ? word16(body + 1) : body[1]);
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
            Table& table = kind ? ac[number] : dc[number];
            if (!table.define(body + 1, body + 17, total)) return false;
            if (kind && !progressive) table.find_steps();
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
        return ours ? averages_of(wanted, count, high, low) : skip_coded();
    }

    SITR_BIT_COPIES bool averages_of(Component** wanted, int count, int high, int low) {
        if (!averaged) {
            if (!quantised[component[0].quantiser]) return false;
            scale = quantiser[component[0].quantiser];
            averages.assign(columns * rows, 0);
        }
        const bool refines = progressive && high != 0;
        for (int i = 0; i < count; i++) {
            if (!refines && !dc[wanted[i]->dc].known) return false;
            if (!progressive && !ac[wanted[i]->ac].known) return false;
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
                        int value;
                        if (!block(bits, one, refines, low, value)) return false;
                        const int64_t r = row * high_blocks + v, c = column * wide_blocks + h;
                        if (&one != &component[0] || r >= rows || c >= columns) continue;
                        int32_t& kept = averages[r * columns + c];
                        kept = refines ? kept | value : value;
                    }
            }
            if (bits.left < 0) return false;
        }
        return finished(bits);
    }

    inline __attribute__((always_inline)) bool block(BitReader& bits, Component& one, bool refines, int low, int& value) {
        bits.fill();
        if (refines) {
            value = bits.take(1) << low;
            return true;
        }
        const int size = dc[one.dc].symbol(bits);
        if (size < 0 || size > 15) return false;
        if (size) {
            const int raw = bits.take(size);
            one.last += raw < (1 << (size - 1)) ? raw - (1 << size) + 1 : raw;
            if (one.last > 65535 || one.last < -65535) return false;
        }
        value = one.last * (1 << low);
        return progressive || step_over(bits, ac[one.ac]);
    }

    inline __attribute__((always_inline)) bool step_over(BitReader& bits, const Table& table) {
        int k = 1;
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

}  // namespace

// Width and height of a JPEG that this reader may read, into `size`; 0, or 1 when it declines.
SITR int64_t sitr_jpeg_size(const uint8_t* data, int64_t count, int64_t* size) {
    try {
        const auto file = std::make_unique<File>(data, count);
        if (!file->read(false)) return 1;
        size[0] = file->width;
        size[1] = file->height;
        return 0;
    } catch (const std::bad_alloc&) {
        return 1;
    }
}

// The average brightness (0 to 255) of each 8 x 8 block into `out`, `rows` x `columns` floats: a height and width divided
// by 8, rounded up. 0, or 1 when the file is not entirely in order or not for this reader.
SITR int64_t sitr_jpeg_averages(const uint8_t* data, int64_t count, int64_t rows, int64_t columns, float* out) {
    try {
        const auto file = std::make_unique<File>(data, count);
        if (!file->read(true) || file->rows != rows || file->columns != columns) return 1;
        for (int64_t i = 0; i < rows * columns; i++) {
            const float value = static_cast<float>(file->averages[i]) * static_cast<float>(file->scale) / 8 + 128;
            out[i] = std::min(255.0f, std::max(0.0f, value));
        }
        return 0;
    } catch (const std::bad_alloc&) {
        return 1;
    }
}

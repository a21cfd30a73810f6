// The index: every kept hash within so many bits of a query, exactly, without looking at most of them.
//
// A hash is cut into eleven pieces. If two hashes differ in at most 31 bits, then in at least one piece they differ in no
// more bits than that piece's allowance (two; one for the last): were it otherwise, they would differ in at least
// 10 x 3 + 1 x 2 = 32. So each piece has a table from its value to the hashes that have it, and a query visits the
// buckets whose value is within the allowance of its own. A bucket is named by the first bits of the piece only; eight more
// of its bits lie beside each entry's number and are compared on the way, so that few buckets are visited and few hashes
// are fetched. What is fetched is compared in full.
//
// The work is a stream of reads from far-off memory, so it is done in three waves: while the buckets of one piece of one
// query are read, those of the next are on their way, and so are the hashes that the one before asked for.
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <vector>

#include "common.h"

using sitr::Row;

namespace {

constexpr int PIECES = 11;
constexpr int WIDTH[PIECES] = {24, 24, 24, 24, 24, 24, 23, 23, 23, 23, 20};
constexpr int BEGIN[PIECES] = {0, 24, 48, 72, 96, 120, 144, 167, 190, 213, 236};
constexpr int MOST_ALLOWED = 2;
constexpr int EXACT_RADIUS = 31;
constexpr uint32_t NOBODY = 0xFFFFFF;  // the number of an entry that was removed
constexpr int64_t MOST_ROWS = NOBODY;
constexpr int MOST_BITS = 19, LEAST_BITS = 8;
constexpr int64_t IN_A_BUCKET = 16;
constexpr int MOST_VISITS = 1 + MOST_BITS + MOST_BITS * (MOST_BITS - 1) / 2;

// Memory straight from the system, in large pages where it gives them, that can grow without being copied.
class Area {
   public:
    Area() = default;
    Area(const Area&) = delete;
    Area& operator=(const Area&) = delete;
    ~Area() { free(); }

    void grow(size_t bytes) {
        if (bytes <= size_) return;
        const size_t page = bytes < (size_t{1} << 23) ? size_t{1} << 16 : size_t{1} << 21;
        bytes = (bytes + page - 1) / page * page;
#if defined(__linux__)
        void* moved = at_ ? mremap(at_, size_, bytes, MREMAP_MAYMOVE)
                          : mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (moved == MAP_FAILED) throw std::bad_alloc();
        if (page > 65536) madvise(moved, bytes, MADV_HUGEPAGE);
#else
        void* moved = std::realloc(at_, bytes);
        if (!moved) throw std::bad_alloc();
        std::memset(static_cast<char*>(moved) + size_, 0, bytes - size_);
#endif
        at_ = moved;
        size_ = bytes;
    }

    void free() {
#if defined(__linux__)
        if (at_) munmap(at_, size_);
#else
        std::free(at_);
#endif
        at_ = nullptr;
        size_ = 0;
    }

    void swap(Area& other) {
        std::swap(at_, other.at_);
        std::swap(size_, other.size_);
    }

    template <typename Kind>
    Kind* as() const {
        return static_cast<Kind*>(at_);
    }

    size_t size() const { return size_; }

   private:
    void* at_ = nullptr;
    size_t size_ = 0;
};

inline __attribute__((always_inline)) uint32_t piece(const Row& row, int which) {
    const int word = BEGIN[which] >> 6, shift = BEGIN[which] & 63;
    uint64_t bits = row.word[word] >> shift;
    if (shift + WIDTH[which] > 64) bits |= row.word[word + 1] << (64 - shift);
    return static_cast<uint32_t>(bits) & ((1u << WIDTH[which]) - 1);
}

struct Table {
    int bits = 0;         // how many bits of the piece name a bucket
    int64_t covered = 0;  // rows before this one are in the table
    Area heads, entries;

    uint32_t* head() const { return heads.as<uint32_t>(); }
    uint32_t* entry() const { return entries.as<uint32_t>(); }
    uint32_t bucket(uint32_t value, int which) const { return value >> (WIDTH[which] - bits); }
    int beside(int which) const { return std::min(8, WIDTH[which] - bits); }
    uint32_t tag(uint32_t value, int which) const {
        const int many = beside(which);
        return (value >> (WIDTH[which] - bits - many)) & ((1u << many) - 1);
    }
    int differ(uint32_t one, uint32_t other, int which) const {
        const int unseen = WIDTH[which] - bits - beside(which);
        return __builtin_popcount((one ^ other) >> unseen);
    }
};

struct Hit {
    int64_t query;
    uint64_t key;
    int64_t bits;
};

struct Visits {  // the ways to flip up to two of `bits` bits, and how many each flips
    int count = 0;
    uint32_t mask[MOST_VISITS];
    uint8_t flips[MOST_VISITS];

    Visits(int bits, int allowed) {
        put(0, 0);
        if (allowed >= 1)
            for (int i = 0; i < bits; i++) put(1u << i, 1);
        if (allowed >= 2)
            for (int i = 0; i < bits; i++)
                for (int j = 0; j < i; j++) put(1u << i | 1u << j, 2);
    }

    void put(uint32_t value, uint8_t many) {
        mask[count] = value;
        flips[count++] = many;
    }
};

struct Ones {
    uint8_t of[256];
    Ones() {
        for (int i = 0; i < 256; i++) of[i] = static_cast<uint8_t>(__builtin_popcount(i));
    }
};
const Ones ones;

// Allowances of the pieces for a radius: their sum plus one each is the radius plus one. -1: not looked at.
void allow(int radius, int* allowed) {
    int left = radius + 1;
    for (int p = 0; p < PIECES; p++) allowed[p] = -1;
    for (int round = 0; round <= MOST_ALLOWED && left > 0; round++)
        for (int p = 0; p < PIECES && left > 0; p++, left--) allowed[p]++;
}

class Index {
   public:
    std::shared_mutex lock;
    std::mutex gate;  // whoever wants to write holds it while waiting, so that readers cannot keep them out for ever

    int64_t rows() const { return rows_; }
    int64_t live() const { return rows_ - dead_; }

    int64_t covered() const {
        int64_t least = rows_;
        for (const Table& table : tables_) least = std::min(least, table.covered);
        return least;
    }

    int64_t bytes() const {
        size_t sum = hashes_.size() + keys_.size() + alive_.size();
        for (const Table& table : tables_) sum += table.heads.size() + table.entries.size();
        return static_cast<int64_t>(sum);
    }

    bool add(const uint8_t* hashes, const uint64_t* keys, int64_t count) {
        if (count > MOST_ROWS - rows_) return false;
        const size_t after = rows_ + count, room = after + after / 16;
        hashes_.grow(room * sizeof(Row));
        keys_.grow(room * sizeof(uint64_t));
        alive_.grow(room / 8 + 8);
        std::memcpy(hashes_.as<Row>() + rows_, hashes, count * sizeof(Row));
        std::memcpy(keys_.as<uint64_t>() + rows_, keys, count * sizeof(uint64_t));
        for (int64_t i = rows_; i < rows_ + count; i++) alive_.as<uint8_t>()[i >> 3] |= static_cast<uint8_t>(1 << (i & 7));
        rows_ += count;
        return true;
    }

    // Brings one table up to date: what was there is kept in its order, what is new is put behind it in each bucket.
    void settle(int which) {
        Table& table = tables_[which];
        int bits = LEAST_BITS;
        while (bits < MOST_BITS && bits < WIDTH[which] && (IN_A_BUCKET << (bits + 1)) <= rows_) bits++;
        if (bits > table.bits) {
            table.heads.free();
            table.entries.free();
            table.bits = bits;
            table.covered = 0;
        }
        if (table.covered == rows_) return;
        const size_t buckets = size_t{1} << table.bits;
        const Row* hashes = hashes_.as<Row>();
        std::vector<uint32_t> fresh(buckets + 1, 0);
        for (int64_t i = table.covered; i < rows_; i++)
            if (is_alive(i)) fresh[table.bucket(piece(hashes[i], which), which) + 1]++;
        for (size_t b = 0; b < buckets; b++) fresh[b + 1] += fresh[b];
        Area heads, entries, sorted;
        heads.grow((buckets + 1) * sizeof(uint32_t));
        sorted.grow(std::max<size_t>(1, fresh[buckets]) * sizeof(uint32_t));
        {
            std::vector<uint32_t> next(fresh);
            for (int64_t i = table.covered; i < rows_; i++) {
                if (!is_alive(i)) continue;
                const uint32_t value = piece(hashes[i], which);
                sorted.as<uint32_t>()[next[table.bucket(value, which)]++] =
                    static_cast<uint32_t>(i) | table.tag(value, which) << 24;
            }
        }
        uint32_t* out_heads = heads.as<uint32_t>();
        if (table.covered == 0) {
            std::memcpy(out_heads, fresh.data(), (buckets + 1) * sizeof(uint32_t));
            table.entries.swap(sorted);
        } else {
            entries.grow((static_cast<size_t>(table.head()[buckets]) + fresh[buckets] + 1) * sizeof(uint32_t));
            uint32_t* out = entries.as<uint32_t>();
            uint32_t at = 0;
            for (size_t b = 0; b < buckets; b++) {
                out_heads[b] = at;
                for (uint32_t e = table.head()[b]; e < table.head()[b + 1]; e++) {
                    out[at] = table.entry()[e];
                    at += (out[at] & NOBODY) != NOBODY;
                }
                const uint32_t many = fresh[b + 1] - fresh[b];
                if (many) std::memcpy(out + at, sorted.as<uint32_t>() + fresh[b], many * sizeof(uint32_t));
                at += many;
            }
            out_heads[buckets] = at;
            table.entries.swap(entries);
        }
        table.heads.swap(heads);
        table.covered = rows_;
    }

    // Forgets all rows of the keys (in order): the hash is wiped, its entries are blanked. How many rows.
    int64_t remove(const uint64_t* wanted, int64_t count) {
        std::vector<uint64_t> seen(1024, 0);  // a coarse first look, so that most rows cost one
        auto spot = [](uint64_t key) { return static_cast<uint32_t>((key * 0x9E3779B97F4A7C15ull) >> 48); };
        for (int64_t i = 0; i < count; i++) seen[spot(wanted[i]) >> 6] |= 1ull << (spot(wanted[i]) & 63);
        const uint64_t* keys = keys_.as<uint64_t>();
        int64_t removed = 0;
        for (int64_t i = 0; i < rows_; i++) {
            const uint32_t at = spot(keys[i]);
            if (!(seen[at >> 6] >> (at & 63) & 1) || !is_alive(i)) continue;
            if (!std::binary_search(wanted, wanted + count, keys[i])) continue;
            forget(i);
            removed++;
        }
        dead_ += removed;
        return removed;
    }

    // Moves the rows together; the tables have to be made anew.
    void compact() {
        int64_t to = 0;
        for (int64_t i = 0; i < rows_; i++) {
            if (!is_alive(i)) continue;
            hashes_.as<Row>()[to] = hashes_.as<Row>()[i];
            keys_.as<uint64_t>()[to] = keys_.as<uint64_t>()[i];
            to++;
        }
        if (hashes_.size()) {
            std::memset(static_cast<void*>(hashes_.as<Row>() + to), 0, (rows_ - to) * sizeof(Row));
            std::memset(alive_.as<uint8_t>(), 0, alive_.size());
        }
        for (int64_t i = 0; i < to; i++) alive_.as<uint8_t>()[i >> 3] |= static_cast<uint8_t>(1 << (i & 7));
        rows_ = to;
        dead_ = 0;
        for (Table& table : tables_) {
            table.heads.free();
            table.entries.free();
            table.bits = 0;
            table.covered = 0;
        }
    }

    // Live rows from `start` on, at most `room` of them; `*next` is where to go on.
    int64_t copy(int64_t start, int64_t room, uint8_t* hashes, uint64_t* keys, int64_t* next) const {
        int64_t count = 0, i = start;
        for (; i < rows_ && count < room; i++) {
            if (!is_alive(i)) continue;
            std::memcpy(hashes + 32 * count, hashes_.as<Row>() + i, 32);
            keys[count++] = keys_.as<uint64_t>()[i];
        }
        *next = i;
        return count;
    }

    SITR_COPIES void search(const Row* queries, int64_t count, int radius, std::vector<Hit>& hits) const {
        int64_t known = radius > EXACT_RADIUS ? 0 : covered();
        int allowed[PIECES];
        allow(radius, allowed);
        if (known > 0)
            for (int which = 0; which < PIECES; which++)
                if (allowed[which] >= 0) look(queries, count, radius, which, allowed, known, hits);
        scan(queries, count, radius, known, hits);
    }

   private:
    static constexpr int64_t BLOCK = 256;
    int64_t rows_ = 0, dead_ = 0;
    Area hashes_, keys_, alive_;
    Table tables_[PIECES];

    bool is_alive(int64_t row) const { return alive_.as<uint8_t>()[row >> 3] >> (row & 7) & 1; }

    void forget(int64_t row) {
        Row& hash = hashes_.as<Row>()[row];
        for (int which = 0; which < PIECES; which++) {
            Table& table = tables_[which];
            if (row >= table.covered) continue;
            const uint32_t bucket = table.bucket(piece(hash, which), which);
            for (uint32_t e = table.head()[bucket]; e < table.head()[bucket + 1]; e++)
                if ((table.entry()[e] & NOBODY) == static_cast<uint32_t>(row)) table.entry()[e] = NOBODY;
        }
        hash = Row{{0, 0, 0, 0}};
        alive_.as<uint8_t>()[row >> 3] &= static_cast<uint8_t>(~(1 << (row & 7)));
    }

    struct Asked {  // one piece of one query, on its way
        int64_t query = -1;
        uint32_t value = 0, tag = 0;
        uint32_t from[MOST_VISITS], to[MOST_VISITS];
        std::vector<uint32_t> rows;
        size_t count = 0;
    };

    inline __attribute__((always_inline)) void look(const Row* queries, int64_t count, int radius, int which,
                                                    const int* allowed, int64_t known, std::vector<Hit>& hits) const {
        const Table& table = tables_[which];
        const Visits visits(table.bits, allowed[which]);
        Asked asked[3];
        for (int64_t step = 0; step < count + 2; step++) {
            if (step < count) visit(table, which, visits, queries[step], step, asked[step % 3]);
            if (step >= 1 && step - 1 < count) gather(table, visits, allowed[which], known, asked[(step - 1) % 3]);
            if (step >= 2) compare(queries, radius, which, allowed, asked[(step - 2) % 3], hits);
        }
    }

    // First wave: where the buckets are.
    inline __attribute__((always_inline)) void visit(const Table& table, int which, const Visits& visits, const Row& query,
                                                     int64_t number, Asked& asked) const {
        asked.query = number;
        asked.value = piece(query, which);
        asked.tag = table.tag(asked.value, which);
        const uint32_t own = table.bucket(asked.value, which);
        const uint32_t* head = table.head();
        const uint32_t* entry = table.entry();
        size_t most = 0;
        for (int v = 0; v < visits.count; v++) {
            const uint32_t bucket = own ^ visits.mask[v];
            const uint32_t from = head[bucket], to = head[bucket + 1];
            asked.from[v] = from;
            asked.to[v] = to;
            most += to - from;
            // What lies further on in a long bucket is in a row, and comes by itself.
            const char* line = reinterpret_cast<const char*>(entry + from);
            const char* end = std::min(reinterpret_cast<const char*>(entry + to), line + 256);
            for (; line < end; line += 64) __builtin_prefetch(line);
        }
        if (asked.rows.size() < most) asked.rows.resize(most + most / 4);
    }

    // Second wave: which of their entries may be near, by the bits that lie beside them.
    inline __attribute__((always_inline)) void gather(const Table& table, const Visits& visits, int allowed, int64_t known,
                                                      Asked& asked) const {
        const uint32_t* entry = table.entry();
        const Row* hashes = hashes_.as<Row>();
        uint32_t* out = asked.rows.data();
        size_t count = 0;
        for (int v = 0; v < visits.count; v++) {
            const uint32_t from = asked.from[v], to = asked.to[v], tag = asked.tag;
            const int left = allowed - visits.flips[v];
            const size_t before = count;
            if (left == 0) {
                for (uint32_t e = from; e < to; e++) {
                    out[count] = entry[e] & NOBODY;
                    count += (entry[e] >> 24) == tag;
                }
            } else {
                for (uint32_t e = from; e < to; e++) {
                    out[count] = entry[e] & NOBODY;
                    count += ones.of[(entry[e] >> 24) ^ tag] <= left;
                }
            }
            for (size_t c = before; c < count; c++) __builtin_prefetch(hashes + out[c]);
        }
        asked.count = 0;
        for (size_t c = 0; c < count; c++) {
            out[asked.count] = out[c];
            asked.count += out[c] < known;
        }
    }

    // Third wave: the hashes themselves.
    inline __attribute__((always_inline)) void compare(const Row* queries, int radius, int which, const int* allowed,
                                                       const Asked& asked, std::vector<Hit>& hits) const {
        const Row* hashes = hashes_.as<Row>();
        const Row query = queries[asked.query];
        for (size_t c = 0; c < asked.count; c++) {
            const uint32_t row = asked.rows[c];
            const int bits = sitr::apart(query, hashes[row]);
            if (__builtin_expect(bits > radius, 1)) continue;
            if (is_alive(row) && !told_before(query, hashes[row], which, allowed))
                hits.push_back({asked.query, keys_.as<uint64_t>()[row], bits});
        }
    }

    // Whether an earlier piece has led to this row already.
    bool told_before(const Row& query, const Row& row, int which, const int* allowed) const {
        for (int p = 0; p < which; p++)
            if (allowed[p] >= 0 && tables_[p].differ(piece(query, p), piece(row, p), p) <= allowed[p]) return true;
        return false;
    }

    inline __attribute__((always_inline)) void scan(const Row* queries, int64_t count, int radius, int64_t start,
                                                    std::vector<Hit>& hits) const {
        const Row* hashes = hashes_.as<Row>();
        for (int64_t block = start; block < rows_; block += BLOCK) {
            const int64_t end = std::min(rows_, block + BLOCK);
            for (int64_t q = 0; q < count; q++) {
                const Row query = queries[q];
                for (int64_t row = block; row < end; row++) {
                    const int bits = sitr::apart(query, hashes[row]);
                    if (__builtin_expect(bits <= radius, 0) && is_alive(row))
                        hits.push_back({q, keys_.as<uint64_t>()[row], bits});
                }
            }
        }
    }
};

struct Reading {
    std::shared_lock<std::shared_mutex> held;
    explicit Reading(Index& index) {
        const std::lock_guard<std::mutex> turn(index.gate);
        held = std::shared_lock<std::shared_mutex>(index.lock);
    }
};

struct Writing {
    std::lock_guard<std::mutex> turn;
    std::unique_lock<std::shared_mutex> held;
    explicit Writing(Index& index) : turn(index.gate), held(index.lock) {}
};

}  // namespace

// An index, or null when memory ran out. All others take it first; what they return is said beside each.
SITR void* sitr_index_new() { return new (std::nothrow) Index(); }

SITR void sitr_index_free(void* index) { delete static_cast<Index*>(index); }

// What: 0 live hashes, 1 rows not yet in every table, 2 bytes held, 3 rows that were removed, 4 rows that still fit.
SITR int64_t sitr_index_says(void* handle, int64_t what) {
    Index& index = *static_cast<Index*>(handle);
    const Reading reading(index);
    switch (what) {
        case 0: return index.live();
        case 1: return index.rows() - index.covered();
        case 2: return index.bytes();
        case 3: return index.rows() - index.live();
        default: return MOST_ROWS - index.rows();
    }
}

// 0; 1 when memory ran out; 2 when they do not fit.
SITR int64_t sitr_index_add(void* handle, const uint8_t* hashes, const uint64_t* keys, int64_t count) {
    Index& index = *static_cast<Index*>(handle);
    const Writing writing(index);
    try {
        return index.add(hashes, keys, count) ? 0 : 2;
    } catch (const std::bad_alloc&) {
        return 1;
    }
}

// Brings table `which` (0 to 10) up to date. 0; 1 when memory ran out.
SITR int64_t sitr_index_settle(void* handle, int64_t which) {
    Index& index = *static_cast<Index*>(handle);
    const Writing writing(index);
    try {
        index.settle(static_cast<int>(which));
        return 0;
    } catch (const std::bad_alloc&) {
        return 1;
    }
}

// `keys` in ascending order. How many hashes were forgotten; -1 when memory ran out.
SITR int64_t sitr_index_remove(void* handle, const uint64_t* keys, int64_t count) {
    Index& index = *static_cast<Index*>(handle);
    const Writing writing(index);
    try {
        return index.remove(keys, count);
    } catch (const std::bad_alloc&) {
        return -1;
    }
}

SITR int64_t sitr_index_compact(void* handle) {
    Index& index = *static_cast<Index*>(handle);
    const Writing writing(index);
    index.compact();
    return 0;
}

SITR int64_t sitr_index_copy(void* handle, int64_t start, int64_t room, uint8_t* hashes, uint64_t* keys, int64_t* next) {
    Index& index = *static_cast<Index*>(handle);
    const Reading reading(index);
    return index.copy(start, room, hashes, keys, next);
}

// How many hits there are, kept in `*found` until sitr_index_take; -1 when memory ran out.
SITR int64_t sitr_index_search(void* handle, const uint8_t* queries, int64_t count, int64_t radius, void** found) {
    Index& index = *static_cast<Index*>(handle);
    *found = nullptr;
    try {
        auto hits = std::make_unique<std::vector<Hit>>();
        std::vector<Row> asked(count);
        if (count) std::memcpy(static_cast<void*>(asked.data()), queries, count * sizeof(Row));
        {
            const Reading reading(index);
            index.search(asked.data(), count, static_cast<int>(radius), *hits);
        }
        const int64_t many = static_cast<int64_t>(hits->size());
        *found = hits.release();
        return many;
    } catch (const std::bad_alloc&) {
        return -1;
    }
}

// Writes out the hits of a search and frees them.
SITR void sitr_index_take(void* found, int64_t* query, uint64_t* key, int64_t* bits) {
    const std::unique_ptr<std::vector<Hit>> hits(static_cast<std::vector<Hit>*>(found));
    for (const Hit& hit : *hits) {
        *query++ = hit.query;
        *key++ = hit.key;
        *bits++ = hit.bits;
    }
}

// The shareable fingerprint of a photo, computed on the person's device: docs/fingerprint-format.md, decision 0016. A worker
// under the policy `default-src 'none'`, so that it can ask nobody for anything. Of EXIF only the turn is looked at.

// The views: shares of the sides in the order of the format, then frames (width by height) cut from the middle.
const TRIMS = [
	[0.025, 0.025, 0.975, 0.975], [0.05, 0.05, 0.95, 0.95], [0.1, 0.1, 0.9, 0.9], [0, 0, 0.85, 0.85], [0.15, 0, 1, 0.85],
	[0, 0.15, 0.85, 1], [0.15, 0.15, 1, 1], [0, 0.1, 1, 1], [0, 0, 1, 0.9],
];
const FRAMES = [1, 0.8, 9 / 16, 16 / 9], VIEWS = 13;
const PHOTO = 1280, FEATURES = 640, HASHED = 512, FLAT = 50;
const MOST_PIXELS = 1e8, LEAST = 8;

const { PI, SQRT1_2, abs, ceil, cos, floor, max, min, round, sqrt, trunc } = Math;

class Refusal extends Error {}
const refuse = (code) => { throw new Refusal(code); };
const nearest = (x) => (x % 1 === 0.5 ? 2 * round(x / 2) : round(x)); // as Python rounds
const plane = (width, height) => ({ width, height, data: new Uint8ClampedArray(width * height) });

// --- Pixels: a grey plane is {width, height, data}. ---

function checkSize(width, height) {
	if (width * height > MOST_PIXELS) refuse("too_many_pixels");
	if (min(width, height) < LEAST) refuse("too_small");
}

const luma = (r, g, b) => (r * 299 + g * 587 + b * 114) / 1000;

// Exact averages over fractional areas, first across, then down.
function averaged(grey, width, height) {
	const out = plane(width, height), across = grey.width / width, down = grey.height / height;
	let sums = new Float64Array(width), share = down, row = 0;
	for (let y = 0, at = 0; y < grey.height; y++) {
		const line = new Float64Array(width);
		for (let x = 0, o = 0, left = across; x < grey.width; x++, left--) {
			const value = grey.data[at++];
			if (left < 1 && o < width - 1) {
				line[o++] += value * left;
				line[o] -= value * left;
				left += across;
			}
			line[o] += value;
		}
		const part = row < height - 1 ? min(1, share) : 1;
		sums.forEach((sum, o) => { sums[o] = sum + line[o] * part; });
		if (--share <= 0 || y === grey.height - 1) {
			sums.forEach((sum, o) => { out.data[row * width + o] = sum / across / down; });
			sums = line.map((value) => value * (1 - part));
			row += row < height - 1;
			share += down;
		}
	}
	return out;
}

function shrunk(grey, most) {
	const longest = max(grey.width, grey.height), side = (n) => max(1, nearest((n * most) / longest));
	return longest > most ? averaged(grey, side(grey.width), side(grey.height)) : grey;
}

// As Sitr decodes JPEG, at the scale that leaves FEATURES pixels: the same bits come out.
function scaled(grey) {
	const by = [8, 4, 2, 1].find((n) => n === 1 || max(grey.width, grey.height) >= n * FEATURES);
	const width = ceil(grey.width / by), height = ceil(grey.height / by);
	return averaged(crop(grey, 0, 0, width * by, height * by), width, height);
}

function crop(grey, left, top, right, bottom) {
	const out = plane(right - left, bottom - top), { width, height, data } = grey;
	for (let y = 0; y < out.height; y++) {
		const at = min(top + y, height - 1) * width, o = y * out.width;
		out.data.fill(data[at + width - 1], o, o + out.width).set(data.subarray(at + left, at + min(right, width)), o);
	}
	return out;
}

// --- PDQ, as Meta's hashing code computes it. ---

function blur(from, to, length, lines, step, stride) {
	const window = max(1, (length + 127) >> 7), half = (window + 2) >> 1;
	for (let line = 0; line < lines; line++) {
		let sum = 0, count = 0;
		for (let i = 1 - half, at = line * stride; i < length; i++) {
			const add = i + half - 1, drop = add - window;
			if (add < length) { sum += from[at + add * step]; count++; }
			if (drop >= 0) { sum -= from[at + drop * step]; count--; }
			if (i >= 0) to[at + i * step] = sum / count;
		}
	}
}

const WAVES = Array.from({ length: 16 }, (_, k) =>
	Array.from({ length: 64 }, (_, n) => sqrt(2 / 64) * cos((PI / 128) * (k + 1) * (2 * n + 1))));

function transformed(grey) {
	const { width, height } = grey;
	const one = Float32Array.from(grey.data), two = new Float32Array(one.length);
	for (let pass = 0; pass < 2; pass++) {
		blur(one, two, width, height, 1, width);
		blur(two, one, height, width, width, 1);
	}
	const small = [];
	for (let i = 0; i < 64; i++) {
		const at = (n, side) => floor(((n + 0.5) * side) / 64);
		small.push(Array.from({ length: 64 }, (_, j) => one[at(i, height) * width + at(j, width)]));
	}
	const step = (a, b) => abs(trunc(((a - b) * 100) / 255));
	let steps = 0;
	for (let i = 0; i < 63; i++) for (let j = 0; j < 64; j++) steps += step(small[i][j], small[i + 1][j]) + step(small[j][i], small[j][i + 1]);
	const through = (rows) => WAVES.map((wave) => rows.map((row) => row.reduce((sum, value, n) => sum + value * wave[n], 0)));
	return { waves: through(through(small)), quality: min(100, floor(steps / 90)) };
}

// The eight orientations: does the sign go by row, by column, the other way round; do rows become columns.
const TURNS = [[0, 0, 0, 0], [0, 1, 1, 1], [1, 1, 0, 0], [1, 0, 1, 1], [1, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1], [1, 1, 0, 1]];

function bits(waves, [row, column, other, across]) {
	const flat = new Float64Array(256), out = new Uint8Array(32);
	waves.forEach((line, i) => line.forEach((value, j) => {
		flat[across ? j * 16 + i : i * 16 + j] = (row * i + column * j + other) & 1 ? -value : value;
	}));
	const middle = flat.slice().sort()[127]; // the lower of the two middle values
	flat.forEach((value, k) => { if (value > middle) out[31 - (k >> 3)] |= 1 << (k & 7); }); // the last wave comes first
	return out;
}

function boxOf(kind, width, height) {
	const frame = FRAMES[kind - TRIMS.length];
	const across = min(1, (frame * height) / width) / 2, down = min(1, width / frame / height) / 2;
	return TRIMS[kind] ?? [0.5 - across, 0.5 - down, 0.5 + across, 0.5 + down];
}

function viewOf(grey, kind) {
	const [left, top, right, bottom] = boxOf(kind, grey.width, grey.height);
	const [l, r] = [left, right].map((x) => nearest(x * grey.width)), [t, b] = [top, bottom].map((y) => nearest(y * grey.height));
	if ((right - left) * (bottom - top) > 0.97 || min(r - l, b - t) < LEAST) return [];
	const { waves, quality } = transformed(shrunk(crop(grey, l, t, r, b), HASHED));
	return quality < FLAT ? [] : [kind, quality, ...bits(waves, TURNS[0])];
}

// The shareable part, as the format has it.
function shareable(grey, jpeg, tell) {
	const photo = shrunk(jpeg ? scaled(grey) : grey, PHOTO), { waves, quality } = transformed(photo);
	const hashes = TURNS.flatMap((turn) => [...bits(waves, turn)]), small = shrunk(photo, FEATURES), views = [];
	for (let kind = 0; kind < VIEWS; kind++) {
		views.push(...viewOf(small, kind));
		tell(0.75 + (0.25 * kind) / VIEWS);
	}
	const out = new Uint8Array(266 + views.length), at = new DataView(out.buffer);
	at.setUint32(0, grey.width);
	at.setUint32(4, grey.height);
	out.set([quality, views.length / 34, ...hashes, ...views], 8);
	return out;
}

// --- From a file to pixels: the browser's decoder read back over a canvas, if that is true. ---

const sheet = (width, height) => new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });

function readBack(bitmap, tell) {
	const out = plane(bitmap.width, bitmap.height), lines = max(1, min(bitmap.height, floor(2 ** 20 / bitmap.width)));
	const pen = sheet(bitmap.width, lines);
	pen.fillStyle = "#fff";
	for (let y = 0; y < bitmap.height; y += lines) {
		const rows = min(lines, bitmap.height - y);
		pen.fillRect(0, 0, bitmap.width, rows); // what is transparent is seen over white
		pen.drawImage(bitmap, 0, y, bitmap.width, rows, 0, 0, bitmap.width, rows);
		const { data } = pen.getImageData(0, 0, bitmap.width, rows);
		for (let i = 0, o = y * bitmap.width; i < data.length; i += 4) out.data[o++] = luma(data[i], data[i + 1], data[i + 2]);
		tell(0.3 + (0.4 * y) / bitmap.height);
	}
	return out;
}

// Noise of every value is drawn and read back; one changed bit, and it is not believed.
async function canvasIsTrue() {
	let dice = 20261123;
	const roll = (_, n) => (n % 4 === 3 ? 255 : ((dice = (dice * 16807) % 2147483647) >> 8) & 255);
	const image = new ImageData(Uint8ClampedArray.from({ length: 4 * 192 * 192 }, roll), 192), pen = sheet(192, 192);
	pen.drawImage(await createImageBitmap(image), 0, 0);
	return pen.getImageData(0, 0, 192, 192).data.every((value, n) => value === image.data[n]);
}

async function byCanvas(file, tell) {
	const options = { imageOrientation: "from-image", colorSpaceConversion: "none" };
	const bitmap = await createImageBitmap(file, options).catch(() => refuse("not_decoded"));
	try {
		checkSize(bitmap.width, bitmap.height);
		return readBack(bitmap, tell);
	} finally {
		bitmap.close();
	}
}

// --- Where a canvas lies: our own reading of JPEG (its luma) and PNG. ---

const ZIGZAG = [];
for (let sum = 0; sum < 15; sum++) {
	for (let n = 0; n <= sum; n++) {
		const [row, column] = sum % 2 ? [n, sum - n] : [sum - n, n];
		if (row < 8 && column < 8) ZIGZAG.push(row * 8 + column);
	}
}
const COSINES = Array.from({ length: 64 }, (_, i) => (i % 8 ? 0.5 : SQRT1_2 / 2) * cos(((2 * (i >> 3) + 1) * (i % 8) * PI) / 16));

// Each code by its next 16 bits: length in the high byte, symbol in the low.
function huffman(counts, symbols) {
	const table = new Uint16Array(65536);
	for (let length = 1, code = 0, n = 0; length <= 16; length++) {
		for (let left = counts[length - 1]; left > 0; left--, n++) {
			const next = code + (1 << (16 - length));
			if (next > 65536) refuse("not_decoded");
			table.fill((length << 8) | symbols[n], code, next);
			code = next;
		}
	}
	return table;
}

function turnOf(exif) {
	try {
		const at = new DataView(exif.slice().buffer), little = at.getUint16(0) === 0x4949, first = at.getUint32(4, little);
		for (let n = at.getUint16(first, little), entry = first + 2; n--; entry += 12) {
			if (at.getUint16(entry, little) === 274) return at.getUint16(entry + 8, little);
		}
	} catch {} // broken EXIF is no reason to refuse a picture
	return 1;
}

function turned(grey, turn) {
	if (!(turn > 1 && turn < 9)) return grey;
	const { width, height, data } = grey, out = turn > 4 ? plane(height, width) : plane(width, height);
	for (let y = 0, o = 0; y < out.height; y++) {
		for (let x = 0; x < out.width; x++, o++) {
			let [column, row] = turn > 4 ? [y, x] : [x, y];
			if ([2, 3, 7, 8].includes(turn)) column = width - 1 - column;
			if ([3, 4, 6, 7].includes(turn)) row = height - 1 - row;
			out.data[o] = data[row * width + column];
		}
	}
	return out;
}

function fromJpeg(data, tell) {
	const quants = [], tables = [], view = new DataView(data.buffer, data.byteOffset, data.length);
	let width, height, parts, columns, rows, light, restart = 0, turn = 1, at = 2;
	for (;;) {
		while (data[at] !== 0xff) if (++at >= data.length) refuse("damaged");
		const marker = data[++at];
		if (marker === 0xff || !marker || marker >> 3 === 26) continue; // filling, a plain 255, a restart
		if (marker === 0xd9) break;
		const length = view.getUint16(++at), part = data.subarray(at + 2, at + length), word = (n) => (part[n] << 8) | part[n + 1];
		at += length;
		if (marker === 0xe1 && part[0] === 69) turn = turnOf(part.subarray(6));
		else if (marker === 0xdb) {
			for (let n = 0; n < part.length;) {
				const long = part[n] >> 4, table = (quants[part[n++] & 15] = new Float64Array(64));
				for (const place of ZIGZAG) { table[place] = long ? word(n) : part[n]; n += 1 + long; }
			}
		} else if (marker === 0xc4) {
			for (let n = 0; n < part.length;) {
				const id = part[n], counts = part.subarray(n + 1, n + 17), total = counts.reduce((a, b) => a + b, 0);
				tables[id] = huffman(counts, part.subarray(n + 17, n + 17 + total));
				n += 17 + total;
			}
		} else if (marker === 0xdd) restart = word(0);
		else if (marker >= 0xc0 && marker <= 0xc2) {
			if (light || part[0] !== 8 || part[6] === 82 || ![1, 3].includes(part[5])) refuse("not_decoded");
			[height, width, parts] = [word(1), word(3), []];
			checkSize(width, height);
			for (let n = 6; n < part.length; n += 3) {
				parts.push({ id: part[n], across: part[n + 1] >> 4, down: part[n + 1] & 15, quant: part[n + 2] });
			}
			light = parts[0];
			if (!parts[1]) light.across = light.down = 1;
			const fits = ({ across, down }) => across * down && across <= light.across && down <= light.down;
			if (!parts.every(fits)) refuse("not_decoded");
			columns = ceil(width / 8 / light.across);
			rows = ceil(height / 8 / light.down);
			light.columns = columns * light.across;
			light.waves = new Int16Array(light.columns * rows * light.down * 64);
		} else if (marker === 0xda) at = scan(part, at);
		else if (marker > 0xc2 && marker < 0xd0) refuse("not_decoded"); // lossless, arithmetic, hierarchical
	}
	if (!light) refuse("damaged");
	return turned(drawn(), turn);

	function scan(part, from) {
		const end = 1 + 2 * part[0], first = part[end], last = min(63, part[end + 1]), high = part[end + 2] >> 4, low = part[end + 2] & 15;
		const seen = [];
		for (let n = 1; n < end; n += 2) {
			const one = parts.find((each) => each.id === part[n]) ?? refuse("damaged");
			seen.push({ one, dc: tables[part[n + 1] >> 4], ac: tables[16 + (part[n + 1] & 15)], before: 0 });
		}
		if (!seen.some(({ one }) => one === light)) return from; // colour alone: passed over, its bytes hold no marker
		let at = from, hold = 0, count = 0, run = 0;
		const need = (n) => {
			while (count < n) {
				let byte = data[at];
				if (byte === undefined) refuse("damaged");
				if (byte !== 0xff) at++;
				else if (data[at + 1] === 0) at += 2;
				else byte = 0; // a marker: what is missing before it reads as zeros
				hold = ((hold << 8) | byte) & 0xffffff;
				count += 8;
			}
		};
		const take = (n) => {
			need(n);
			count -= n;
			return (hold >> count) & ((1 << n) - 1);
		};
		const symbol = (table) => {
			need(16);
			const found = table[(hold >> (count - 16)) & 0xffff];
			if (!found) refuse("damaged");
			count -= found >> 8;
			return found & 255;
		};
		const signed = (n) => {
			const value = take(n);
			return n && value < 1 << (n - 1) ? value - (1 << n) + 1 : value;
		};
		const begun = (table, waves, o) => {
			if (run) { run--; return; }
			for (let k = first || 1; k <= last; k++) {
				const said = symbol(table), size = said & 15, skip = said >> 4;
				if (!size && skip < 15) { run = (1 << skip) - 1 + take(skip); break; }
				k += skip;
				if (size) waves[o + ZIGZAG[k]] = signed(size) << low;
			}
		};
		const refined = (table, waves, o) => {
			const sharpen = (place) => {
				if (take(1) && !(waves[place] & (1 << low))) waves[place] += waves[place] > 0 ? 1 << low : -1 << low;
			};
			let k = first;
			for (; k <= last && !run; k++) {
				const said = symbol(table);
				let skip = said >> 4, fresh = 0;
				if (said & 15) fresh = take(1) ? 1 << low : -1 << low;
				else if (skip < 15) { run = (1 << skip) + take(skip); break; }
				for (; k <= last; k++) {
					const place = o + ZIGZAG[k];
					if (waves[place]) sharpen(place);
					else if (skip-- === 0) { if (fresh) waves[place] = fresh; break; }
				}
			}
			if (run-- > 0) for (; k <= last; k++) if (waves[o + ZIGZAG[k]]) sharpen(o + ZIGZAG[k]);
			run = max(0, run);
		};
		const block = (each, waves, o) => {
			if (!first && high) waves[o] |= take(1) << low;
			else if (!first) waves[o] = (each.before += signed(symbol(each.dc))) << low;
			if (last) (high ? refined : begun)(each.ac, waves, o);
		};
		const alone = seen.length === 1, spare = new Int16Array(64);
		const wide = alone ? ceil(width / 8) : columns, tall = alone ? ceil(height / 8) : rows;
		for (let unit = 0; unit < wide * tall; unit++) {
			if (restart && unit && unit % restart === 0) {
				while (data[at] !== 0xff || data[at + 1] >> 3 !== 26) if (++at >= data.length) refuse("damaged");
				at += 2;
				hold = count = run = 0;
				for (const one of seen) one.before = 0;
			}
			const x = unit % wide, y = (unit - x) / wide;
			for (const each of seen) {
				const across = alone ? 1 : each.one.across, down = alone ? 1 : each.one.down;
				for (let n = 0; n < across * down; n++) {
					const row = y * down + floor(n / across), column = x * across + (n % across);
					if (each.one === light) block(each, light.waves, (row * light.columns + column) * 64);
					else block(each, spare, 0);
				}
			}
			if (!x) tell(0.1 + (0.5 * y) / tall);
		}
		return at;
	}

	function drawn() {
		const out = plane(width, height), quant = quants[light.quant] ?? refuse("damaged");
		const half = new Float64Array(64);
		for (let y = 0; y < height; y += 8) {
			for (let x = 0; x < width; x += 8) {
				const o = ((y >> 3) * light.columns + (x >> 3)) * 64;
				half.fill(0);
				for (let n = 0; n < 64; n++) {
					const wave = light.waves[o + n] * quant[n];
					if (wave) for (let i = 0; i < 8; i++) half[(n & 56) + i] += wave * COSINES[i * 8 + (n & 7)];
				}
				for (let i = 0; i < 8 && y + i < height; i++) {
					for (let j = 0; j < 8 && x + j < width; j++) {
						let sum = 128;
						for (let k = 0; k < 8; k++) sum += half[k * 8 + j] * COSINES[i * 8 + k];
						out.data[(y + i) * width + x + j] = sum;
					}
				}
			}
		}
		return out;
	}
}

async function fromPng(data) {
	const view = new DataView(data.buffer, data.byteOffset, data.length), packs = [];
	let width, height, depth, colour, palette, clear, turn;
	for (let at = 8, kind = ""; kind !== "IEND"; ) {
		const length = view.getUint32(at), part = data.subarray(at + 8, at + 8 + length);
		kind = new TextDecoder().decode(data.subarray(at + 4, at + 8));
		if (kind === "IHDR") {
			[width, height] = [view.getUint32(at + 8), view.getUint32(at + 12)];
			[depth, colour] = part.subarray(8);
			checkSize(width, height);
			if (depth < 8 || part[12]) refuse("not_decoded");
		} else if (kind === "PLTE") palette = part;
		else if (kind === "eXIf") turn = turnOf(part);
		else if (kind === "tRNS") clear = colour < 3 ? refuse("not_decoded") : part;
		else if (kind === "IDAT") packs.push(part);
		at += 12 + length;
	}
	const samples = [1, , 3, 1, 2, , 4][colour] ?? refuse("not_decoded"), bytes = depth >> 3, step = samples * bytes;
	const stride = width * step, raw = new Uint8Array((stride + 1) * height);
	const reader = new Blob(packs).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
	let got = 0;
	for (let piece; got < raw.length && !(piece = await reader.read()).done; got += piece.value.length) {
		raw.set(piece.value.subarray(0, raw.length - got), got);
	}
	if (got < raw.length) refuse("damaged");
	const out = plane(width, height);
	for (let y = 0, above = new Uint8Array(stride); y < height; y++) {
		const from = y * (stride + 1) + 1, line = raw.subarray(from, from + stride), filter = raw[from - 1];
		for (let x = 0; x < stride && filter; x++) {
			const a = x < step ? 0 : line[x - step], b = above[x], c = x < step ? 0 : above[x - step];
			const [p, q, r] = [abs(b - c), abs(a - c), abs(a + b - 2 * c)];
			line[x] += [0, a, b, (a + b) >> 1, p <= q && p <= r ? a : q <= r ? b : c][filter];
		}
		above = line;
		for (let x = 0; x < width; x++) {
			const value = (n) => line[x * step + n * bytes];
			let [r, g, b] = [0, 1, 2].map((n) => value(colour & 2 ? n : 0)), a = colour & 4 ? value(samples - 1) : 255;
			if (colour === 3) {
				a = clear?.[r] ?? 255;
				[r, g, b] = palette.subarray(3 * r, 3 * r + 3);
			}
			out.data[y * width + x] = (luma(r, g, b) * a + 255 * (255 - a)) / 255;
		}
	}
	return turned(out, turn);
}

async function byOurselves(file, tell) {
	const data = new Uint8Array(await file.arrayBuffer());
	try {
		if (data[0] === 0xff && data[1] === 0xd8) return fromJpeg(data, tell);
		if (data[0] === 0x89 && data[1] === 0x50) return await fromPng(data);
	} catch (problem) {
		throw problem instanceof Refusal ? problem : new Refusal("damaged");
	}
	refuse("canvas_falsified");
}

self.onmessage = async ({ data: { id, file } }) => {
	let said = 0;
	const tell = (share) => {
		if (share - said > 0.01) self.postMessage({ id, share: (said = share) });
	};
	try {
		if (!file.size) refuse("empty");
		const trusted = await canvasIsTrue().catch(() => false), [one, two] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
		const grey = await (trusted ? byCanvas : byOurselves)(file, tell);
		self.postMessage({ id, print: shareable(grey, one === 0xff && two === 0xd8, tell), own: !trusted });
	} catch (problem) {
		self.postMessage({ id, refused: problem instanceof Refusal ? problem.message : "not_decoded" });
	}
};
self.postMessage({ ready: true });

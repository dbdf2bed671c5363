// The numbers behind what a scenario publishes beside its map, from what the view draws.
import { numbers } from "./common.js";

const known = (value) => (Number.isFinite(value) ? Number(value.toPrecision(6)) : null);
const titled = (name, unit) => (unit ? `${name} (${unit})` : name);

function bars(model) {
  const items = model.get("items");
  const values = numbers(model.get("values"), Float32Array);
  const k = items.length;
  const rows = model.get("rows").map((name, row) => [name, ...items.map((_, i) => known(values[row * k + i]))]);
  return { columns: ["", ...items.map(([name, , , unit]) => titled(name, unit))], rows, note: "" };
}

/** Columns and rows by kind of chart. */
export const CHART_TABLES = {
  bars,
  parts: bars,

  stack(model) {
    const widths = numbers(model.get("widths"), Float32Array);
    const heights = numbers(model.get("heights"), Float32Array);
    const filled = numbers(model.get("filled"), Uint8Array);
    const part = (i) => (filled[i] === 255 ? null : known((filled[i] / 254) * widths[i]));
    const rows = model.get("names").map((name, i) => [name, known(widths[i]), known(heights[i]), part(i)]);
    const columns = ["block", ...model.get("units").map(([name, unit]) => titled(name, unit))];
    return { columns, rows, note: `${(model.get("units")[2] || ["filling"])[0]} in 255 steps` };
  },

  course(model) {
    const names = model.get("names");
    const places = numbers(model.get("places"), Float32Array);
    const [lows, highs] = ["lows", "highs"].map((trait) => numbers(model.get(trait), Uint16Array));
    const value = (i, k) => {
      const code = (highs.length ? highs : lows)[i * places.length + k];
      const [, , low, high] = names[i];
      return code > 65534 ? null : known(low + (code / 65534) * (high - low));
    };
    const rows = Array.from(places, (place, k) => [place, ...names.map((_, i) => value(i, k))]);
    return { columns: [model.get("axis").unit, ...names.map(([name, unit]) => titled(name, unit))], rows, note: "" };
  },
};

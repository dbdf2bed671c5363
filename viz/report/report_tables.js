// The numbers behind each view as rows, from what the view draws.
import { numbers, said, unpacked } from "./common.js";

const MOST_ROWS = 2_000;
const OUTCOMES = ["", "accepted", "rejected", "expired", "vetoed", "escalated"];
const number = (value) => (Number.isFinite(value) ? Number(value.toPrecision(7)) : null);

/** Write a cell of a table as people read it. */
function shownCell(value) {
  if (value === null) return "-";
  return typeof value === "number" ? said(value, Math.abs(value) < 0.01 ? 6 : 4) : value;
}

/** Return the name of a file without its ending: letters that every system takes. */
export function stemOf(...parts) {
  const plain = parts.map((part) => part.replace(/[^A-Za-z0-9._]+/g, "-").slice(0, 40));
  return plain.map((part) => part.replace(/^[-.]+|[-.]+$/g, "")).filter(Boolean).join("-");
}

/** Columns and rows of a view. */
export const TABLES = {
  field(model) {
    const { agents, cells, roles, names, each } = model.get("ground");
    const { items, bits, scale } = model.get("legend");
    const codes = unpacked(model.get("votes"), bits[0], cells);
    const values = unpacked(model.get("values"), bits[1], scale ? cells : 0);
    const top = 2 ** bits[1] - 2;
    const isBinned = cells < agents;
    const sizes = numbers(model.get("sizes"), Float32Array);
    const columns = isBinned ? ["agents", "most of them"] : ["agent", "role", "vote"];
    if (scale) columns.push(`${scale.name} (${scale.unit})`);
    const rows = Array.from(codes, (code, i) => {
      const role = roles.find(([, first, many]) => i >= first && i < first + many);
      const last = each ? Math.min(agents, (i + 1) * each) - 1 : 0;
      const cell = each ? `${said(i * each)} to ${said(last)}` : `${said(sizes[i])} in one place`;
      const row = isBinned
        ? [cell, items[code][0]]
        : [names[i] || `${role ? role[0] : "agent"} #${i}`, role ? role[0] : "", items[code][0]];
      if (!scale) return row;
      const isKnown = i < values.length && values[i] <= top;
      const value = scale.low + (values[i] / (top || 1)) * (scale.high - scale.low);
      return [...row, isKnown ? Number(value.toPrecision(4)) : null];
    });
    return { columns, rows, note: scale ? `${scale.name} in ${said(top + 1, 0)} steps` : "" };
  },

  curve(model) {
    const unit = model.get("axes").unit;
    const points = numbers(model.get("points"), Float32Array);
    const rows = [];
    for (let i = 0; i < points.length; i += 6) {
      const [at, place, approval, cast, bits, outcome] = points.subarray(i, i + 6);
      rows.push([at, number(place), number(approval), number(cast), number(bits), OUTCOMES[outcome] || ""]);
    }
    const columns = ["moment", unit, "approval (%)", "cast (%)", "entropy (bits)", "decision"];
    return { columns, rows, note: "" };
  },

  bars(model) {
    const unit = model.get("unit") ? ` (${model.get("unit")})` : "";
    const values = numbers(model.get("values"), Float32Array);
    const thresholds = numbers(model.get("thresholds"), Float32Array);
    const rows = model.get("names").map(([name], i) => [name, number(values[i]), number(thresholds[i])]);
    return { columns: ["choice", `value${unit}`, `${model.get("threshold_word")}${unit}`], rows, note: "" };
  },

  flows(model) {
    const items = model.get("items");
    const flows = numbers(model.get("flows"), Uint16Array);
    const step = model.get("seats_per_step");
    const k = items.length;
    const rows = [];
    model.get("numbers").forEach((turn, t) => {
      for (let way = 0; way < k * k; way++) {
        const many = flows[t * k * k + way] * step;
        if (many) rows.push([turn, items[Math.floor(way / k)][0], items[way % k][0], many]);
      }
    });
    return { columns: [model.get("unit"), "from", "to", "seats"], rows, note: "" };
  },
};

/** Put a table into an element, numbers from one column up to another; never markup. */
export function tabulate(element, { columns, rows, note }, caption, first, end = 99) {
  const table = document.createElement("table");
  const shown = rows.slice(0, MOST_ROWS);
  const many = rows.length > shown.length ? `the first ${said(shown.length)} of ${said(rows.length)} rows` : `${said(rows.length)} rows`;
  table.createCaption().textContent = [`${caption}: ${many}`, note].filter(Boolean).join("; ");
  const head = table.createTHead().insertRow();
  const kind = (at) => (at >= first && at < end ? "is-number" : "");
  columns.forEach((name, at) => {
    const cell = document.createElement("th");
    [cell.scope, cell.textContent, cell.className] = ["col", name, kind(at)];
    head.append(cell);
  });
  const body = table.createTBody();
  for (const row of shown) {
    const line = body.insertRow();
    row.forEach((value, at) => {
      const cell = document.createElement(at ? "td" : "th");
      if (!at) cell.scope = "row";
      [cell.textContent, cell.className] = [shownCell(value), at ? kind(at) : ""];
      line.append(cell);
    });
  }
  element.replaceChildren(table);
}

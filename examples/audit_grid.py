"""Audit a grid-dispatch run from its files alone: python audit_grid.py RUN_DIRECTORY.

Nothing of Swarmboard is imported. Prints cost, flows, regrets and digest beside what the run says.
"""

import hashlib
import json
import struct
import sys
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa

run = Path(sys.argv[1])
summary = json.loads((run / "summary.json").read_text())
tables = {path.stem: pd.read_csv(path) for path in (run / "results").glob("*.csv")}

# The digest: chain the outcome and input records of each round (docs/digest.md).
data, at, rounds = (run / "events.log").read_bytes(), 8, {}
while at < len(data):
    packed, raw, _ = struct.unpack_from("<III", data, at)  # then a checksum of these
    block = pa.decompress(data[at + 16 : at + 16 + packed], raw, codec="lz4_raw", asbytes=True)
    at, place = at + 16 + packed, 0
    while place < raw:
        size = struct.unpack_from("<I", block, place)[0]
        body, place = block[place + 4 : place + 4 + size], place + 4 + size
        rounds.setdefault(msgspec.msgpack.decode(body)[2], []).append(body)
digest, regret = bytes(32), 0.0
for bodies in rounds.values():
    records = [(msgspec.msgpack.decode(body), body) for body in bodies]
    chained = b"".join(body for record, body in records if record[1] != "operational")
    digest = hashlib.sha256(digest + chained).digest()
    for record, _ in records:
        if record[0] == "ballots":  # type, class, round, stage, proposal, choices, confidence, ...
            regret = float(np.nansum(np.frombuffer(record[7], "<f8")))  # the last vote's stands

# Cost: each unit's marginal-cost polyline, integrated from its lower limit to its output.
last = tables["units"]["interval"].max()
units = tables["units"].query("interval == @last").set_index("unit")
cost = 0.0
for unit, curve in tables["cost_curves"].groupby("unit"):
    output, x, price = units.at[unit, "output_mw"], curve["output_mw"], curve["price_per_mwh"]
    inside = np.append(x[x < output], output)
    prices = np.append(price[x < output], np.interp(output, x, price))
    cost += curve["cost_at_low_per_h"].iloc[0] + np.trapezoid(prices, inside)

# Flows: susceptances and injections give angles; angles give flows.
buses = tables["buses"].query("interval == @last").reset_index()
lines = tables["lines"].query("interval == @last")
number = pd.Series(buses.index, index=buses["bus"])
incidence = np.zeros((len(lines), len(buses)))
incidence[np.arange(len(lines)), number[lines["from_bus"]]] = 1.0
incidence[np.arange(len(lines)), number[lines["to_bus"]]] -= 1.0
weighted = incidence * lines["susceptance_mw_per_rad"].to_numpy()[:, None]
shift = lines["shift_mw"].to_numpy()
angles = np.linalg.lstsq(
    incidence.T @ weighted, buses["injection_mw"] - incidence.T @ shift, rcond=None
)[0]
flows = weighted @ angles + shift

print(f"digest  {digest.hex()} {'as' if digest.hex() == summary['digest'] else 'NOT as'} reported")
print(f"cost    {cost:.4f} $/h, reported {units['cost_per_h'].sum():.4f}")
print(f"flows   differ by at most {np.abs(flows - lines['flow_mw']).max():.2e} MW")
print(f"regret  {regret:.4f} $/h posted with the last vote")

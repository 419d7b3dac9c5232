"""The gate: what stands between a finding and a change of the cloud, as functions of values.

Plans as people and rules see them, what binds an approval to one plan, who may do what, and the chained record of it
all. No I/O, no clock. A gate refuses with a value; it never raises for it.
"""

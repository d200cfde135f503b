"""What is seen, without a judgement.

seen: all of it. mapped: columns by what became of them. loads: a source's deliveries, again, and from another source. kills: a
load that dies. locks: what a change of the table keeps waiting. outside: the kit's tests, dlt, valentine, without this project.
"""

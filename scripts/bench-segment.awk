# What kes-segment does, in awk, for scripts/bench to measure against.
#
# Key, time and event are cut from the line as kes-produce writes it (awk cannot read JSON), by
# substr and index, which mawk does faster here than splitting fields. Sessions end by an end event,
# another start, or a gap of 4 seconds; the session is spliced in before the last brace.

BEGIN { timeout = 4000 }

{
  rest = substr($0, 12)  # behind {"device":"
  quote = index(rest, "\"")
  key = substr(rest, 1, quote - 1)
  rest = substr(rest, quote + 14)  # behind ","timestamp":
  comma = index(rest, ",")
  time = substr(rest, 1, comma - 1) + 0
  event = substr(rest, comma + 11, 3)  # behind ,"event":{"
  if (event == "Dev" || !(key in session) || time >= latest[key] + timeout) {
    session[key] = sprintf("%013d", NR)
    latest[key] = time
  } else if (time > latest[key])
    latest[key] = time
  print substr($0, 1, length($0) - 1) ",\"session\":\"" session[key] "\"}"
  if (event == "All") {
    delete session[key]
    delete latest[key]
  }
}

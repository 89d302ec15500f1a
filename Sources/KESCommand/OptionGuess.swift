// What users of other tools write, and the options that they mean.

/// Guesses from kcat, Kafka's console tools, Miller, jq, tail and sort: one table, a row for what means
/// the same, with what to say of it in each tool.
struct OptionGuess {
  /// Dashes included.
  private let names: [Substring]
  /// What is said by tools that have nothing else to say.
  private let usual: String
  private let byTool: [String: String]

  /// - Parameter names: with spaces between them.
  private init(
    _ names: String, _ usual: String, produce: String? = nil, segment: String? = nil,
    read: String? = nil, purge: String? = nil
  ) {
    self.names = names.split(separator: " ")
    self.usual = usual
    byTool = [
      "kes-produce": produce, "kes-segment": segment, "kes-read": read, "kes-purge": purge,
    ].compactMapValues { $0 }
  }

  /// What to write instead of `option`; nil where nobody is known to write that.
  static func advice(for option: String, tool: String) -> String? {
    // As `head` takes it.
    if let count = UInt(option.dropFirst()) { return "-c \(count) stops after so many records" }
    return table.first { $0.names.contains(Substring(option)) }.map { $0.byTool[tool] ?? $0.usual }
  }

  private static let table =
    topics + connections + formats + amounts + sessions + choices + views + reports + sisters

  // MARK: kcat and Kafka's console tools

  private static let topics: [OptionGuess] = [
    OptionGuess(
      "-t --topic --topics --input-topic --input-topics --output-topic --whitelist --include",
      "--from TOPIC reads a topic, --to TOPIC writes to one",
      produce: "--to TOPIC writes to a topic, --replay --from TOPIC reads one"),
    OptionGuess(
      "-C --consume --consumer", "--from TOPIC reads a topic; --color always is for colours",
      produce: "--replay --from TOPIC reads a topic; --color always is for colours"),
    OptionGuess("-P --producer", "--to TOPIC writes to a topic"),
    OptionGuess(
      "-L -Q --list --describe", "--from TOPIC reads a topic; kcat -L lists what there is"),
    OptionGuess(
      "-p --partition",
      "all partitions are read, or with --group ID a share of them; --partitions N is for"
        + " --create-topics"),
    OptionGuess(
      "--from-beginning --from-start --earliest --beginning --to-earliest",
      "-o beginning begins with the first record"),
    OptionGuess("--latest --from-end --to-latest --skip", "-o end begins behind the last record"),
    OptionGuess(
      "--offset-reset --auto-offset-reset", "-o beginning or -o end says where reading begins"),
    OptionGuess("-m --metadata-timeout", "--connect-timeout D waits so long for a broker"),
    OptionGuess("--isolation-level", "-X isolation.level=read_committed, which is the default"),
    OptionGuess("--timeout-ms", "-e ends where the topic ended at the start"),
    OptionGuess(
      "--group-id --consumer-group --consumer-group-id --groupid",
      "-G ID shares the partitions with a group's other members"),
    OptionGuess("--replication-factor", "--replication N, with --create-topics"),
    OptionGuess("--create --create-topic", "--create-topics creates topics that are missing"),
    OptionGuess(
      "-K -D --key-separator --delimiter --ifs --ofs --fs --ips --ops --irs --ors",
      "an event is a line of JSON or an Avro record: there are no separators to choose; --format"
        + " says which"),
    OptionGuess(
      "-H --header --headers",
      "headers go through from topic to topic as they are: --from TOPIC --to TOPIC"),
    OptionGuess(
      "-k --key", "the key of a message is its device; --to TOPIC writes messages",
      read: "the key of a message is its device: --device GLOB"),
  ]

  private static let connections: [OptionGuess] = [
    OptionGuess(
      "--bootstrap-server --bootstrap-servers --broker --broker-list --server --servers --host"
        + " --kafka --zookeeper", "-b HOST:PORT names the brokers"),
    OptionGuess(
      "--property --producer-property --consumer-property --command-property --conf --set",
      "-X PROPERTY=VALUE sets a property of librdkafka, --registry-property NAME=VALUE one of the"
        + " registry"),
    OptionGuess(
      "--config --config-file --command-config --producer.config --consumer.config --properties",
      "-F FILE reads properties of librdkafka"),
    OptionGuess(
      "-r --schema-registry --schema-registry-url --schema.registry.url --registry-url",
      "--registry URL names the registry of the messages' schemas"),
    OptionGuess(
      "--compress --compression-codec --compression-type",
      "-z CODEC compresses messages, --codec CODEC the blocks of an Avro file"),
    OptionGuess(
      "-j --jobs --threads --workers --parallel",
      "--group ID shares a topic's partitions among processes",
      segment: "--application-id ID shares a topic's partitions among processes"),
  ]

  // MARK: Miller and jq

  private static let formats: [OptionGuess] = [
    OptionGuess(
      "--tsv --csv --ocsv --otsv --c2p --csvlite", "kes-read --format csv writes columns",
      read: "--format csv writes columns, with commas between them"),
    OptionGuess(
      "--icsv --itsv --ixtab --inidx --nidx --json5",
      "--input-format takes json, for a line an event, or avro"),
    OptionGuess(
      "-J --json --jsonl --ndjson --json-lines --ojson --ojsonl", "--format json writes JSON lines"),
    OptionGuess("--ijson --ijsonl", "--input-format json reads JSON lines"),
    OptionGuess("--avro --oavro", "--format avro writes Avro"),
    OptionGuess("--iavro", "--input-format avro reads Avro"),
    OptionGuess(
      "--text --plain --pretty --opprint --oxtab --xtab --omd --onidx --table",
      "--format text is for people",
      read: "--format text is for people, and --sessions a table"),
    OptionGuess(
      "-s -S --slurp --raw-output --compact-output --sort-keys --indent --tab --stream --seq --arg --argjson"
        + " --null-input --compact --join-output",
      "--format json writes an event a line, which jq reads"),
    OptionGuess(
      "-f", "--format says how to write; files to read are named without an option",
      read: "--follow goes on with what comes, --format says how to write"),
    OptionGuess(
      "-i --in --input --input-file --infile --file --files",
      "files to read are named without an option, and - is the standard input; --input-format says"
        + " how they are written",
      produce: "--replay FILE reads a file"),
    OptionGuess(
      "-O --out --outfile --out-file --output-file --write --save", "--output PATH writes to a file"
    ),
  ]

  private static let amounts: [OptionGuess] = [
    OptionGuess(
      "-n --limit --lines --head --first --take --num --number --max --max-count --max-messages"
        + " --num-records --messages", "-c N stops after N records",
      produce: "--events N stops after N events, -c N after N that are written"),
    OptionGuess(
      "--rps --throughput --events-per-second --events-rate", "kes-produce --rate N sets a pace",
      produce: "--rate N is how many events there are a second"),
    OptionGuess(
      "--duration", "kes-produce --for D simulates so much time",
      produce: "--for D stops after so much event time", read: "--last D draws so much of time"),
    OptionGuess("--random-seed", "kes-produce --seed N", produce: "--seed N"),
    OptionGuess(
      "--fast --burst --max-speed --no-delay", "kes-produce --full-speed",
      produce: "--full-speed, or with --replay --speed max"),
  ]

  // MARK: Sessions

  private static let sessions: [OptionGuess] = [
    OptionGuess(
      "--gap --max-gap --session-gap --session-timeout --inactivity --inactivity-gap --window --ttl"
        + " --timeout",
      "kes-segment makes sessions: its --timeout D closes those that are silent so long",
      segment: "--timeout D closes sessions that are silent so long",
      purge: "--timeout D closes sessions that are silent so long"),
    OptionGuess(
      "--grace --grace-period --allowed-lateness --max-delay --watermark --out-of-orderness"
        + " --lateness", "kes-segment has --lateness D: how far events may lag behind",
      segment: "--lateness D is how far events may lag behind",
      purge: "--lateness D is how far events may lag behind"),
    OptionGuess(
      "--dedup --deduplicate --distinct --uniq --unique",
      "kes-segment --duplicates drop leaves out what comes again",
      segment: "--duplicates drop leaves out what comes again"),
    OptionGuess(
      "--close --close-all --flush-all", "kes-segment --flush closes all at the end",
      segment: "--flush closes all at the end", purge: "--flush closes all at the end"),
    OptionGuess(
      "--exactly-once --eos --transactional",
      "kes-segment --application-id ID goes from topic to topic exactly once",
      segment: "--application-id ID goes from topic to topic exactly once"),
    OptionGuess(
      "--checkpoint --state-dir --state-directory --store --data-dir --db", "--state DIR",
      produce: "kes-segment keeps a state: its --state DIR"),
    OptionGuess(
      "--by --group-by --key-by --partition-by",
      "the events of a device are what sessions are made of"),
    OptionGuess(
      "--delete --remove --expire --older-than", "kes-purge --state DIR removes sessions",
      purge: "--state DIR closes and removes what is due, --as-of T by that time"),
  ]

  private static let choices: [OptionGuess] = [
    OptionGuess(
      "--start --begin --after --from-time --from-date --start-date --since",
      "kes-read --since T chooses events by their times",
      produce: "--start-time T is the first event's time",
      read: "--since T shows events from that time on"),
    OptionGuess(
      "--end --before --to-time --to-date --end-date --until",
      "kes-read --until T chooses events by their times",
      produce: "--for D stops after so much event time",
      read: "--until T shows events before that time"),
    OptionGuess(
      "--filter --where --select --match --grep --query -g --device --session --status",
      "kes-read chooses: by --device, --session, --status, --since and --until",
      produce: "--devices N is how many there are; kes-read chooses among events",
      read: "--device, --session, --status, --since and --until choose"),
    OptionGuess(
      "--exclude --except --not -x --not-device", "kes-read --not-device GLOB leaves devices out",
      read: "--not-device GLOB leaves devices out"),
  ]

  // MARK: What is shown, and told

  private static let views: [OptionGuess] = [
    OptionGuess(
      "--sort-by --order --order-by --reverse --desc --asc -R --sort",
      "kes-read --sessions --sort start, duration or events",
      read: "--sort start, duration or events, with --sessions"),
    OptionGuess(
      "--tail --follow",
      "kes-read --follow --format json FILE goes on with what comes; the standard input is followed"
        + " anyway",
      read: "--follow goes on with what comes"),
    OptionGuess(
      "--summary --stat --statistics --aggregate --histogram --percentiles",
      "kes-read --stats-only gives figures of the data, --stats those of a run",
      read: "--stats-only gives figures of the data, --stats those of a run"),
    OptionGuess(
      "--live --dashboard --monitor --watch", "kes-read --watch shows how a stream comes",
      read: "--watch shows how a stream comes"),
    OptionGuess(
      "--chart --plot --graph --gantt --draw --timeline", "kes-read --timeline draws sessions",
      read: "--timeline draws sessions, --html PATH makes a page"),
  ]

  private static let reports: [OptionGuess] = [
    OptionGuess(
      "--dlq --dead-letters --dead-letter-queue --rejects --reject --errors --bad",
      "--dead-letter PATH keeps what cannot be decoded"),
    OptionGuess(
      "--skip-errors --skip-bad --ignore-errors --lenient",
      "--on-error skip passes over what cannot be decoded"),
    OptionGuess("--silent --no-progress", "-q says nothing but errors"),
    OptionGuess(
      "-d --debug --trace --log-level", "-v says more, -X debug=all also what librdkafka does"),
    OptionGuess("-M --no-color --no-colors --no-colour --monochrome-output", "--color never"),
    OptionGuess("--colour --colors --color-output", "--color always"),
    OptionGuess("-V", "--version"), OptionGuess("-? --usage", "--help"),
  ]

  // MARK: What another tool of kes has

  private static let sisters: [OptionGuess] = [
    OptionGuess(
      "--emit --flush --reorder --retain --duplicates --late --late-output --idle-timeout"
        + " --max-span --max-events --dry-run --application-id --guarantee --standby-replicas",
      "kes-segment has it"),
    OptionGuess(
      "--loss --rate --replay --speed --delay --duplicate --devices --events --seed",
      "kes-produce has it"),
    OptionGuess("--sessions --stats-only --svg --html --top --rows --last", "kes-read has it"),
    OptionGuess("--as-of --reset --reset-stream-time", "kes-purge has it"),
  ]
}

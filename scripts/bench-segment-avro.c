// What kes-segment does, with libavro's generic values, for scripts/bench to measure against.
//
// Reads events from a container file, gives each its session (by start, end, or a gap of 4
// seconds), and writes session events to another. Values go field by field from a value of the
// input's schema to one of the output's, as a program would that knows no better than the library.

#include <avro.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT 4000
#define SLOTS (1 << 16)

static const char session_schema[] =
    "{\"type\":\"record\",\"name\":\"SessionEvent\",\"fields\":["
    "{\"name\":\"device\",\"type\":\"string\"},{\"name\":\"timestamp\",\"type\":\"long\"},"
    "{\"name\":\"event\",\"type\":[{\"type\":\"record\",\"name\":\"DeviceWokeUp\",\"fields\":[]},"
    "{\"type\":\"record\",\"name\":\"DataReceived\",\"fields\":["
    "{\"name\":\"name\",\"type\":\"string\"},{\"name\":\"value\",\"type\":\"double\"}]},"
    "{\"type\":\"record\",\"name\":\"AllDataSent\",\"fields\":[]}]},"
    "{\"name\":\"session\",\"type\":\"string\"}]}";

struct session {
  char *device;
  int64_t latest;
  char id[24];
};

static struct session table[SLOTS];

static void check(int failed) {
  if (failed) {
    fprintf(stderr, "bench-segment-avro: %s\n", avro_strerror());
    exit(1);
  }
}

static struct session *find(const char *device) {
  uint64_t hash = 1469598103934665603u;
  for (const char *byte = device; *byte; byte++) hash = (hash ^ (uint8_t)*byte) * 1099511628211u;
  for (uint64_t slot = hash % SLOTS;; slot = (slot + 1) % SLOTS) {
    if (!table[slot].device) table[slot].device = strdup(device);
    if (strcmp(table[slot].device, device) == 0) return &table[slot];
  }
}

// The session of an event; branch is that of its union.
static const char *assign(const char *device, int64_t time, int branch, int64_t number) {
  struct session *session = find(device);
  if (branch == 0 || !session->id[0] || time >= session->latest + TIMEOUT) {
    snprintf(session->id, sizeof session->id, "%013lld", (long long)number);
    session->latest = time;
  } else if (time > session->latest) {
    session->latest = time;
  }
  return session->id;
}

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: bench-segment-avro INPUT OUTPUT\n");
    return 64;
  }
  avro_file_reader_t reader;
  avro_file_writer_t writer;
  avro_schema_t schema;
  check(avro_schema_from_json_length(session_schema, sizeof session_schema - 1, &schema));
  check(avro_file_reader(arguments[1], &reader));
  check(avro_file_writer_create_with_codec(arguments[2], schema, &writer, "null", 65536));
  avro_value_iface_t *input_class =
      avro_generic_class_from_schema(avro_file_reader_get_writer_schema(reader));
  avro_value_iface_t *output_class = avro_generic_class_from_schema(schema);
  avro_value_t input, output;
  check(avro_generic_value_new(input_class, &input));
  check(avro_generic_value_new(output_class, &output));
  for (int64_t number = 0; avro_file_reader_read_value(reader, &input) == 0; number++) {
    avro_value_t from, to, from_branch, to_branch;
    const char *device;
    size_t size;
    int64_t time;
    int branch;
    check(avro_value_get_by_index(&input, 0, &from, NULL));
    check(avro_value_get_string(&from, &device, &size));
    check(avro_value_get_by_index(&output, 0, &to, NULL));
    check(avro_value_set_string_len(&to, device, size));
    check(avro_value_get_by_index(&input, 1, &from, NULL));
    check(avro_value_get_long(&from, &time));
    check(avro_value_get_by_index(&output, 1, &to, NULL));
    check(avro_value_set_long(&to, time));
    check(avro_value_get_by_index(&input, 2, &from, NULL));
    check(avro_value_get_discriminant(&from, &branch));
    check(avro_value_get_current_branch(&from, &from_branch));
    check(avro_value_get_by_index(&output, 2, &to, NULL));
    check(avro_value_set_branch(&to, branch, &to_branch));
    check(avro_value_copy(&to_branch, &from_branch));
    check(avro_value_get_by_index(&output, 3, &to, NULL));
    check(avro_value_set_string(&to, assign(device, time, branch, number)));
    check(avro_file_writer_append_value(writer, &output));
    check(avro_value_reset(&input));
    if (branch == 2) find(device)->id[0] = 0;
  }
  check(avro_file_writer_close(writer));
  avro_file_reader_close(reader);
  return 0;
}

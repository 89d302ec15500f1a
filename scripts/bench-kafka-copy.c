// The peer of `kes-segment --from A --to B`: the least that a program over librdkafka does from topic to
// topic. Consumes a topic to its end and sends every record unchanged to another, in batches, as a member
// of a group that commits at the end. For scripts/bench.
//
//   bench-kafka-copy BROKERS FROM TO GROUP CODEC [woken]
//
// With `woken` it has fetching go on as soon as its queue has room, as kes does
// (KafkaClient.swift says why): no bare loop does so, and it is the stronger peer.
//
// Prints the number of records, and the seconds from the first record to the last delivery.

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { batch_size = 10000 };

static long failures;

static void set(rd_kafka_conf_t *configuration, const char *name, const char *value) {
  char reason[512];
  if (rd_kafka_conf_set(configuration, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK) {
    fprintf(stderr, "bench-kafka-copy: %s\n", reason);
    exit(78);
  }
}

static void note_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
  if (message->err) failures++;
}

static rd_kafka_t *make(rd_kafka_type_t type, rd_kafka_conf_t *configuration) {
  char reason[512];
  rd_kafka_t *client = rd_kafka_new(type, configuration, reason, sizeof reason);
  if (client == NULL) {
    fprintf(stderr, "bench-kafka-copy: %s\n", reason);
    exit(78);
  }
  return client;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static int partition_count(rd_kafka_t *client, const char *name) {
  rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
  const struct rd_kafka_metadata *metadata;
  if (rd_kafka_metadata(client, 0, topic, &metadata, 10000)) exit(69);
  int count = metadata->topics[0].partition_cnt;
  rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(topic);
  return count;
}

static void send_on(rd_kafka_t *producer, rd_kafka_topic_t *topic, rd_kafka_message_t *message) {
  rd_kafka_timestamp_type_t type;
  long long time = rd_kafka_message_timestamp(message, &type);
  while (rd_kafka_producev(
             producer, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
             RD_KAFKA_V_KEY(message->key, message->key_len),
             RD_KAFKA_V_VALUE(message->payload, message->len), RD_KAFKA_V_TIMESTAMP(time),
             RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
    rd_kafka_poll(producer, 10);
}

int main(int count, char **words) {
  if (count < 6) {
    fprintf(stderr, "usage: bench-kafka-copy BROKERS FROM TO GROUP CODEC [woken]\n");
    return 64;
  }
  rd_kafka_conf_t *reading = rd_kafka_conf_new();
  set(reading, "bootstrap.servers", words[1]);
  set(reading, "group.id", words[4]);
  set(reading, "auto.offset.reset", "earliest");
  set(reading, "enable.auto.commit", "false");
  set(reading, "enable.partition.eof", "true");
  set(reading, "isolation.level", "read_committed");
  set(reading, "queued.max.messages.kbytes", "32768");
  set(reading, "queued.min.messages", "10000000");
  set(reading, "partition.assignment.strategy", "cooperative-sticky");
  rd_kafka_conf_t *writing = rd_kafka_conf_new();
  set(writing, "bootstrap.servers", words[1]);
  set(writing, "compression.codec", words[5]);
  set(writing, "partitioner", "murmur2_random");
  set(writing, "enable.idempotence", "true");
  set(writing, "queue.buffering.max.kbytes", "65536");
  rd_kafka_conf_set_dr_msg_cb(writing, note_delivery);
  rd_kafka_t *consumer = make(RD_KAFKA_CONSUMER, reading);
  rd_kafka_t *producer = make(RD_KAFKA_PRODUCER, writing);
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_t *target = rd_kafka_topic_new(producer, words[3], NULL);
  int open = partition_count(producer, words[2]);
  rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, words[2], RD_KAFKA_PARTITION_UA);
  if (rd_kafka_subscribe(consumer, topics)) return 69;

  rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
  static rd_kafka_message_t *messages[batch_size];
  long records = 0;
  double started = 0;
  while (open > 0) {
    ssize_t taken = rd_kafka_consume_batch_queue(queue, 100, messages, batch_size);
    for (ssize_t index = 0; index < taken; index++) {
      rd_kafka_message_t *message = messages[index];
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        open--;
      } else if (!message->err) {
        if (records++ == 0) started = now();
        send_on(producer, target, message);
      }
      rd_kafka_message_destroy(message);
    }
    rd_kafka_poll(producer, 0);
    if (count > 6) rd_kafka_error_destroy(rd_kafka_sasl_set_credentials(consumer, "", ""));
  }
  if (rd_kafka_flush(producer, 60000) || failures > 0) return 74;
  printf("%ld %.3f\n", records, now() - started);
  rd_kafka_commit(consumer, NULL, 0);
  rd_kafka_consumer_close(consumer);
  return 0;
}

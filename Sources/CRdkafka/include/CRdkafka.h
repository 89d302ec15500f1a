// librdkafka, loaded when it is first needed: its TLS and authentication must not slow down the start
// of a tool that reads pipes and files. Beside that, what Swift cannot call of it: functions with a
// variable number of arguments, and macros with arguments or casts.
#ifndef KES_CRDKAFKA_H
#define KES_CRDKAFKA_H

#include <librdkafka/rdkafka.h>

/// Loads the shared library, once a process; to be called before any other function. Returns why it
/// cannot be used, or NULL.
const char *kes_rdkafka_load(void);

/// RD_KAFKA_PARTITION_UA: the partitioner chooses.
static const int32_t kes_rdkafka_any_partition = RD_KAFKA_PARTITION_UA;

/// Hands a copy of a record over for sending. `key` and `value` may be NULL, which is not the same as
/// empty; `timestamp` is in milliseconds, and 0 stands for now. `headers` (or NULL) is the library's
/// where this returns RD_KAFKA_RESP_ERR_NO_ERROR, and stays the caller's otherwise. `mark` comes back
/// with the delivery, as the message's `_private`.
static inline rd_kafka_resp_err_t kes_rdkafka_produce(
    rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition,
    const void *key, size_t key_count, const void *value, size_t value_count,
    int64_t timestamp, rd_kafka_headers_t *headers, intptr_t mark) {
  if (headers == NULL) {
    return rd_kafka_producev(
        client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY((void *)key, key_count),
        RD_KAFKA_V_VALUE((void *)value, value_count),
        RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_OPAQUE((void *)mark),
        RD_KAFKA_V_END);
  }
  return rd_kafka_producev(
      client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_KEY((void *)key, key_count),
      RD_KAFKA_V_VALUE((void *)value, value_count),
      RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_HEADERS(headers),
      RD_KAFKA_V_OPAQUE((void *)mark), RD_KAFKA_V_END);
}

#endif

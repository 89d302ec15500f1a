// What tests need of librdkafka that no tool does: its mock cluster, whose interface is not stable.
#ifndef KES_CRDKAFKA_TEST_H
#define KES_CRDKAFKA_TEST_H

#include <CRdkafka.h>
#include <librdkafka/rdkafka_mock.h>

/// As `kes_rdkafka_load`, for the functions of tests.
const char *kes_rdkafka_load_test(void);

/// An error object with a text, for tests; for rd_kafka_error_destroy.
static inline rd_kafka_error_t *kes_rdkafka_error(rd_kafka_resp_err_t code,
                                                  const char *text) {
  return rd_kafka_error_new(code, "%s", text);
}

/// Delays the next answer of a mock broker to a request of this kind.
static inline rd_kafka_resp_err_t kes_rdkafka_mock_push_delay(
    rd_kafka_mock_cluster_t *cluster, int32_t broker, int16_t api,
    int milliseconds) {
  return rd_kafka_mock_broker_push_request_error_rtts(
      cluster, broker, api, 1, RD_KAFKA_RESP_ERR_NO_ERROR, milliseconds);
}

#endif

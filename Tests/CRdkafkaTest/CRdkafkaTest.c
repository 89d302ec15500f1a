// See CRdkafkaTest.h.
#include "CRdkafkaTest.h"

#include "../../Sources/CRdkafka/CRdkafkaJumps.h"

#include <pthread.h>

// What tests call of the library beside what kes does.
#define KES_TEST_FUNCTIONS(_) \
  _(rd_kafka_destroy) \
  _(rd_kafka_error_new) \
  _(rd_kafka_mock_broker_push_request_error_rtts) \
  _(rd_kafka_mock_broker_set_down) \
  _(rd_kafka_mock_broker_set_rtt) \
  _(rd_kafka_mock_broker_set_up) \
  _(rd_kafka_mock_clear_request_errors) \
  _(rd_kafka_mock_cluster_bootstraps) \
  _(rd_kafka_mock_cluster_destroy) \
  _(rd_kafka_mock_cluster_new) \
  _(rd_kafka_mock_coordinator_set) \
  _(rd_kafka_mock_partition_set_follower) \
  _(rd_kafka_mock_partition_set_leader) \
  _(rd_kafka_mock_push_request_errors_array) \
  _(rd_kafka_mock_topic_create) \
  _(rd_kafka_mock_topic_set_error) \
  _(rd_kafka_msg_partitioner_murmur2)

KES_JUMPS(KES_TEST_FUNCTIONS)

const char *kes_rdkafka_load_test(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return is_loaded ? NULL : reason;
}

// See CRdkafka.h.
#include "CRdkafka.h"

#include "CRdkafkaJumps.h"

#include <pthread.h>

// What kes calls of the library.
#define KES_FUNCTIONS(_) \
  _(rd_kafka_AdminOptions_destroy) \
  _(rd_kafka_AdminOptions_new) \
  _(rd_kafka_AdminOptions_set_operation_timeout) \
  _(rd_kafka_AdminOptions_set_request_timeout) \
  _(rd_kafka_ConsumerGroupDescription_error) \
  _(rd_kafka_ConsumerGroupDescription_member) \
  _(rd_kafka_ConsumerGroupDescription_member_count) \
  _(rd_kafka_ConsumerGroupDescription_state) \
  _(rd_kafka_CreateTopics) \
  _(rd_kafka_CreateTopics_result_topics) \
  _(rd_kafka_DeleteConsumerGroupOffsets) \
  _(rd_kafka_DeleteConsumerGroupOffsets_destroy) \
  _(rd_kafka_DeleteConsumerGroupOffsets_new) \
  _(rd_kafka_DeleteConsumerGroupOffsets_result_groups) \
  _(rd_kafka_DeleteTopic_destroy) \
  _(rd_kafka_DeleteTopic_new) \
  _(rd_kafka_DeleteTopics) \
  _(rd_kafka_DeleteTopics_result_topics) \
  _(rd_kafka_DescribeConsumerGroups) \
  _(rd_kafka_DescribeConsumerGroups_result_groups) \
  _(rd_kafka_ListConsumerGroupOffsets) \
  _(rd_kafka_ListConsumerGroupOffsets_destroy) \
  _(rd_kafka_ListConsumerGroupOffsets_new) \
  _(rd_kafka_ListConsumerGroupOffsets_result_groups) \
  _(rd_kafka_MemberAssignment_partitions) \
  _(rd_kafka_MemberDescription_assignment) \
  _(rd_kafka_MemberDescription_client_id) \
  _(rd_kafka_MemberDescription_consumer_id) \
  _(rd_kafka_MemberDescription_host) \
  _(rd_kafka_NewTopic_destroy) \
  _(rd_kafka_NewTopic_new) \
  _(rd_kafka_NewTopic_set_config) \
  _(rd_kafka_abort_transaction) \
  _(rd_kafka_assign) \
  _(rd_kafka_assignment) \
  _(rd_kafka_assignment_lost) \
  _(rd_kafka_begin_transaction) \
  _(rd_kafka_clusterid) \
  _(rd_kafka_commit_queue) \
  _(rd_kafka_commit_transaction) \
  _(rd_kafka_committed) \
  _(rd_kafka_conf_destroy) \
  _(rd_kafka_conf_get) \
  _(rd_kafka_conf_new) \
  _(rd_kafka_conf_set) \
  _(rd_kafka_conf_set_dr_msg_cb) \
  _(rd_kafka_conf_set_error_cb) \
  _(rd_kafka_conf_set_log_cb) \
  _(rd_kafka_conf_set_opaque) \
  _(rd_kafka_conf_set_rebalance_cb) \
  _(rd_kafka_consume_batch_queue) \
  _(rd_kafka_consumer_close_queue) \
  _(rd_kafka_consumer_closed) \
  _(rd_kafka_consumer_group_metadata) \
  _(rd_kafka_consumer_group_metadata_destroy) \
  _(rd_kafka_consumer_group_state_name) \
  _(rd_kafka_destroy_flags) \
  _(rd_kafka_err2name) \
  _(rd_kafka_err2str) \
  _(rd_kafka_error_code) \
  _(rd_kafka_error_destroy) \
  _(rd_kafka_error_is_fatal) \
  _(rd_kafka_error_is_retriable) \
  _(rd_kafka_error_string) \
  _(rd_kafka_error_txn_requires_abort) \
  _(rd_kafka_event_CreateTopics_result) \
  _(rd_kafka_event_DeleteConsumerGroupOffsets_result) \
  _(rd_kafka_event_DeleteTopics_result) \
  _(rd_kafka_event_DescribeConsumerGroups_result) \
  _(rd_kafka_event_ListConsumerGroupOffsets_result) \
  _(rd_kafka_event_destroy) \
  _(rd_kafka_event_error) \
  _(rd_kafka_event_error_string) \
  _(rd_kafka_event_topic_partition_list) \
  _(rd_kafka_event_type) \
  _(rd_kafka_fatal_error) \
  _(rd_kafka_flush) \
  _(rd_kafka_get_watermark_offsets) \
  _(rd_kafka_group_result_error) \
  _(rd_kafka_group_result_partitions) \
  _(rd_kafka_header_add) \
  _(rd_kafka_header_get_all) \
  _(rd_kafka_headers_destroy) \
  _(rd_kafka_headers_new) \
  _(rd_kafka_incremental_assign) \
  _(rd_kafka_incremental_unassign) \
  _(rd_kafka_init_transactions) \
  _(rd_kafka_last_error) \
  _(rd_kafka_mem_free) \
  _(rd_kafka_memberid) \
  _(rd_kafka_message_destroy) \
  _(rd_kafka_message_errstr) \
  _(rd_kafka_message_headers) \
  _(rd_kafka_message_timestamp) \
  _(rd_kafka_metadata) \
  _(rd_kafka_metadata_destroy) \
  _(rd_kafka_new) \
  _(rd_kafka_offsets_for_times) \
  _(rd_kafka_opaque) \
  _(rd_kafka_pause_partitions) \
  _(rd_kafka_poll) \
  _(rd_kafka_position) \
  _(rd_kafka_producev) \
  _(rd_kafka_queue_destroy) \
  _(rd_kafka_queue_get_consumer) \
  _(rd_kafka_queue_io_event_enable) \
  _(rd_kafka_queue_new) \
  _(rd_kafka_queue_poll) \
  _(rd_kafka_rebalance_protocol) \
  _(rd_kafka_resume_partitions) \
  _(rd_kafka_sasl_set_credentials) \
  _(rd_kafka_send_offsets_to_transaction) \
  _(rd_kafka_subscribe) \
  _(rd_kafka_topic_destroy) \
  _(rd_kafka_topic_name) \
  _(rd_kafka_topic_new) \
  _(rd_kafka_topic_partition_list_add) \
  _(rd_kafka_topic_partition_list_destroy) \
  _(rd_kafka_topic_partition_list_new) \
  _(rd_kafka_topic_result_error) \
  _(rd_kafka_topic_result_error_string) \
  _(rd_kafka_version)

KES_JUMPS(KES_FUNCTIONS)

const char *kes_rdkafka_load(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return is_loaded ? NULL : reason;
}

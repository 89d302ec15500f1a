#include <avro.h>

/* The accessors of avro_value_t are macros, which Swift does not import. */

static inline avro_type_t kes_avro_type(const avro_value_t *value) {
  return avro_value_get_type(value);
}

static inline int kes_avro_boolean(const avro_value_t *value, int *out) {
  return avro_value_get_boolean(value, out);
}

static inline int kes_avro_int(const avro_value_t *value, int32_t *out) {
  return avro_value_get_int(value, out);
}

static inline int kes_avro_long(const avro_value_t *value, int64_t *out) {
  return avro_value_get_long(value, out);
}

static inline int kes_avro_float(const avro_value_t *value, float *out) {
  return avro_value_get_float(value, out);
}

static inline int kes_avro_double(const avro_value_t *value, double *out) {
  return avro_value_get_double(value, out);
}

static inline int kes_avro_bytes(const avro_value_t *value, const void **start, size_t *length) {
  return avro_value_get_bytes(value, start, length);
}

/* The length counts the NUL behind the text. */
static inline int kes_avro_string(const avro_value_t *value, const char **start, size_t *length) {
  return avro_value_get_string(value, start, length);
}

static inline int kes_avro_fixed(const avro_value_t *value, const void **start, size_t *length) {
  return avro_value_get_fixed(value, start, length);
}

static inline int kes_avro_enum(const avro_value_t *value, int *out) {
  return avro_value_get_enum(value, out);
}

/* Of a record its fields, of an array or map its items. */
static inline int kes_avro_size(const avro_value_t *value, size_t *out) {
  return avro_value_get_size(value, out);
}

/* The name is that of a field, or a map's key. */
static inline int kes_avro_child(
    const avro_value_t *value, size_t index, avro_value_t *child, const char **name) {
  return avro_value_get_by_index(value, index, child, name);
}

static inline int kes_avro_discriminant(const avro_value_t *value, int *out) {
  return avro_value_get_discriminant(value, out);
}

static inline int kes_avro_branch(const avro_value_t *value, avro_value_t *branch) {
  return avro_value_get_current_branch(value, branch);
}

static inline void kes_avro_interface_decref(avro_value_iface_t *interface) {
  avro_value_iface_decref(interface);
}

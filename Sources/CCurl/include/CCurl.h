// libcurl, loaded when it is first needed: it draws in some thirty libraries,
// which must not slow down the start of a tool that asks no registry. Beside
// that, what Swift cannot call: functions with a variable number of arguments.
#ifndef KES_CCURL_H
#define KES_CCURL_H

#include <curl/curl.h>
#include <stddef.h>

/// CURLAUTH_BASIC and CURLAUTH_BEARER, which are macros.
static const long kes_curl_auth_basic = (long)CURLAUTH_BASIC;
static const long kes_curl_auth_bearer = (long)CURLAUTH_BEARER;

/// The functions of a loaded libcurl.
typedef struct kes_curl_library kes_curl_library;

/// Loads the shared library `name` and prepares it for use. Returns NULL where
/// that fails, with the reason in `reason`, which has room for `room` bytes.
kes_curl_library *kes_curl_load(const char *name, char *reason, size_t room);

/// Frees what kes_curl_load returned; no handle may be left. The shared library
/// stays in the process: what it registered to run at exit must not go.
void kes_curl_unload(kes_curl_library *library);

/// How many handles and lists of headers are open.
int kes_curl_open_count(const kes_curl_library *library);

/// A new handle, for kes_curl_close; NULL where memory is exhausted.
CURL *kes_curl_open(kes_curl_library *library);
void kes_curl_close(kes_curl_library *library, CURL *handle);

/// Forgets all options, and keeps open connections.
void kes_curl_reset(const kes_curl_library *library, CURL *handle);

/// These return what curl_easy_setopt does. Texts are copied, but for
/// CURLOPT_ERRORBUFFER; headers and context stay the caller's.
CURLcode kes_curl_set_number(const kes_curl_library *library, CURL *handle,
                             CURLoption option, long value);
CURLcode kes_curl_set_text(const kes_curl_library *library, CURL *handle,
                           CURLoption option, const char *value);
CURLcode kes_curl_set_error_buffer(const kes_curl_library *library,
                                   CURL *handle, char *buffer);
CURLcode kes_curl_set_headers(const kes_curl_library *library, CURL *handle,
                              struct curl_slist *headers);
CURLcode kes_curl_set_receiver(const kes_curl_library *library, CURL *handle,
                               size_t (*receive)(char *bytes, size_t size,
                                                 size_t count, void *context),
                               void *context);

/// Has `progress` called at least once a second while a request is under way, and
/// when a signal has come; what is not 0 ends the request.
CURLcode kes_curl_set_progress(const kes_curl_library *library, CURL *handle,
                               int (*progress)(void *context,
                                               curl_off_t expected,
                                               curl_off_t received,
                                               curl_off_t to_send,
                                               curl_off_t sent),
                               void *context);

/// Makes the request and waits for its end. A connection that the other side
/// has closed never raises SIGPIPE.
CURLcode kes_curl_perform(const kes_curl_library *library, CURL *handle);

/// What curl_easy_getinfo knows of the last request; 0 or NULL where nothing.
/// The text is the handle's, until its next request.
long kes_curl_number(const kes_curl_library *library, CURL *handle,
                     CURLINFO what);
curl_off_t kes_curl_offset(const kes_curl_library *library, CURL *handle,
                           CURLINFO what);
const char *kes_curl_text(const kes_curl_library *library, CURL *handle,
                          CURLINFO what);

/// What `code` means; a constant.
const char *kes_curl_reason(const kes_curl_library *library, CURLcode code);

/// `headers` (NULL for none yet) with one more, for kes_curl_free_headers;
/// NULL where memory is exhausted, and `headers` is as it was.
struct curl_slist *kes_curl_add_header(kes_curl_library *library,
                                       struct curl_slist *headers,
                                       const char *header);
void kes_curl_free_headers(kes_curl_library *library,
                           struct curl_slist *headers);

#endif

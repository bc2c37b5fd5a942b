/* One POST by libcurl to a host that is known by its key alone. Its options are variadic, which Swift
   cannot call. What may be talked to, and what an answer means, is not known here. */
#ifndef PINNED_CURL_H
#define PINNED_CURL_H

#include <stddef.h>
#include <stdint.h>

/* What came of a POST. */
typedef struct {
    int error;           /* A CURLcode. */
    long status;         /* HTTP status, 0 without an answer. */
    long retry_after;    /* Seconds; 0 where the answer names none. */
    uint8_t *reply;      /* To be freed with `pinned_free`. */
    size_t length;
    int too_long;        /* The answer was longer than was allowed. */
} pinned_answer;

/* Posts `request` to `url`. `pins` are the keys that its holder may have, as libcurl takes them
   ("sha256//…;sha256//…"), or NULL for plain HTTP: names, dates and authorities of certificates do not
   count. Blocks. Ends soon after `*cancelled` is not 0. */
pinned_answer pinned_post(const char *url, const char *pins, const uint8_t *request, size_t length,
                          size_t most, long connect_seconds, long seconds, const volatile int *cancelled);

void pinned_free(uint8_t *reply);

/* Whether an error says that the key was another one. */
int pinned_is_other_key(int error);

/* What an error says, in English. */
const char *pinned_words(int error);

#endif

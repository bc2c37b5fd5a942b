#include "pinned_curl.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    pinned_answer *answer;
    size_t most;
} taking;

static size_t take(char *data, size_t size, size_t count, void *to) {
    taking *now = to;
    size_t bytes = size * count;
    if (now->answer->length + bytes > now->most) {
        now->answer->too_long = 1;
        return 0;
    }
    uint8_t *longer = realloc(now->answer->reply, now->answer->length + bytes);
    if (longer == NULL) return 0;
    memcpy(longer + now->answer->length, data, bytes);
    now->answer->reply = longer;
    now->answer->length += bytes;
    return bytes;
}

static int look(void *cancelled, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    (void)a, (void)b, (void)c, (void)d;
    return *(const volatile int *)cancelled;
}

pinned_answer pinned_post(const char *url, const char *pins, const uint8_t *request, size_t length,
                          size_t most, long connect_seconds, long seconds, const volatile int *cancelled) {
    pinned_answer answer = {0};
    CURL *curl = curl_easy_init();
    if (curl == NULL) {
        answer.error = CURLE_FAILED_INIT;
        return answer;
    }
    taking to = {&answer, most};
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/octet-stream");
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, pins == NULL ? "http" : "https");
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, connect_seconds);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, seconds);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &to);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, (void *)cancelled);
    if (pins != NULL) {
        /* The key is all that counts, and it is looked at although the chain is not. */
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
        answer.error = curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, pins);
    }
    /* Without the pin nothing is sent. */
    if (answer.error == CURLE_OK) answer.error = curl_easy_perform(curl);
    if (answer.error == CURLE_OK) {
        curl_off_t after = 0;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
        curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &after);
        answer.retry_after = (long)after;
    }
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return answer;
}

void pinned_free(uint8_t *reply) {
    free(reply);
}

int pinned_is_other_key(int error) {
    return error == CURLE_SSL_PINNEDPUBKEYNOTMATCH;
}

const char *pinned_words(int error) {
    return curl_easy_strerror((CURLcode)error);
}

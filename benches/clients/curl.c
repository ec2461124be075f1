/* What a C program would use instead: libcurl, with an easy handle that is used again, time-outs set and TLS verified,
 * and cJSON for both bodies. */
#include "harness.h"
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct client {
    CURL *easy;
    char answer[65536];
    size_t filled;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

static size_t take(char *data, size_t size, size_t count, void *pointer) {
    struct client *client = pointer;
    if (client->filled + size * count >= sizeof client->answer)
        return 0;
    memcpy(client->answer + client->filled, data, size * count);
    client->filled += size * count;
    return size * count;
}

void *client_open(const char *url, const char *ca) {
    pthread_once(&once, start);
    struct client *client = calloc(1, sizeof *client);
    char endpoint[256];
    snprintf(endpoint, sizeof endpoint, "%s/otp/verifyOTP", url);
    client->easy = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Accept: application/json");
    curl_easy_setopt(client->easy, CURLOPT_URL, endpoint);
    curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(client->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(client->easy, CURLOPT_USERNAME, USER);
    curl_easy_setopt(client->easy, CURLOPT_PASSWORD, PASSWORD);
    curl_easy_setopt(client->easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(client->easy, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(client->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(client->easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(client->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    if (ca) {
        curl_easy_setopt(client->easy, CURLOPT_CAINFO, ca);
        curl_easy_setopt(client->easy, CURLOPT_CAPATH, NULL);
    }
    return client;
}

void client_verify(void *pointer) {
    struct client *client = pointer;
    cJSON *question = cJSON_CreateObject();
    cJSON_AddStringToObject(question, "otpId", OTP_ID);
    cJSON_AddStringToObject(question, "otpCode", OTP_CODE);
    char *body = cJSON_PrintUnformatted(question);
    long status = 0;
    client->filled = 0;
    curl_easy_setopt(client->easy, CURLOPT_POSTFIELDS, body);
    if (curl_easy_perform(client->easy) != CURLE_OK)
        exit(1);
    curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &status);
    cJSON *answer = cJSON_ParseWithLength(client->answer, client->filled);
    const cJSON *id = cJSON_GetObjectItem(answer, "otpId");
    if (status != 200 || !cJSON_IsString(id) || strcmp(id->valuestring, OTP_ID) != 0 ||
        !cJSON_IsTrue(cJSON_GetObjectItem(answer, "result")) ||
        !cJSON_IsFalse(cJSON_GetObjectItem(answer, "isErrorCount")) ||
        !cJSON_IsFalse(cJSON_GetObjectItem(answer, "isExprCode")))
        exit(1);
    cJSON_Delete(answer);
    cJSON_Delete(question);
    cJSON_free(body);
}

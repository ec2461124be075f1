/* A server with a thread a connection and one client for all of them. It listens on loopback, prints its port, and
 * takes lines: "request MOBILE" is answered "sent OTP_ID REFERENCE", "verify OTP_ID CODE" with "verified" or why not.
 * The client comes from the environment, as in login.c. It ends when its standard input does. */

#include <ants_otp.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const ants_otp_client *client;

static void answer(FILE *stream, const char *verb, const char *first, const char *second) {
    ants_otp_error *error = NULL;
    if (strcmp(verb, "request") == 0) {
        ants_otp_sent *sent;
        if (ants_otp_request(client, first, NULL, &sent, &error) == ANTS_OTP_OK)
            fprintf(stream, "sent %s %s\n", ants_otp_sent_otp_id(sent), ants_otp_sent_reference_code(sent));
        ants_otp_sent_free(sent);
    } else if (ants_otp_verify(client, first, second, NULL, NULL, &error) == ANTS_OTP_OK) {
        fputs("verified\n", stream);
    }
    /* For the person a sentence in his language; the message, with its details, is for the log. */
    if (error != NULL) {
        fprintf(stream, "no: %s\n", ants_otp_code_user_text(ants_otp_error_code(error), "en"));
        fprintf(stderr, "%s %s\n", ants_otp_code_name(ants_otp_error_code(error)), ants_otp_error_message(error));
    }
    ants_otp_error_free(error);
}

static void *serve(void *connection) {
    char line[256], verb[16], first[128], second[64];
    FILE *stream = fdopen((int)(intptr_t)connection, "r+");
    setvbuf(stream, NULL, _IOLBF, BUFSIZ);
    while (fgets(line, sizeof line, stream) != NULL) {
        *second = '\0';
        fseek(stream, 0, SEEK_CUR); /* from reading to writing */
        if (sscanf(line, "%15s %127s %63s", verb, first, second) >= 2)
            answer(stream, verb, first, second);
        fflush(stream);
    }
    fclose(stream);
    return NULL;
}

static void *accept_all(void *listener) {
    for (;;) {
        pthread_t thread;
        int connection = accept((int)(intptr_t)listener, NULL, NULL);
        if (connection >= 0 && pthread_create(&thread, NULL, serve, (void *)(intptr_t)connection) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

int main(void) {
    ants_otp_options *options = ants_otp_options_new();
    ants_otp_client *made;
    ants_otp_error *error;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t thread;

    ants_otp_options_load_env(options);
    if (ants_otp_client_new(options, &made, &error) != ANTS_OTP_OK) {
        fprintf(stderr, "%s\n", ants_otp_error_message(error));
        return 2;
    }
    client = made;
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 64) != 0)
        return 2;
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    pthread_create(&thread, NULL, accept_all, (void *)(intptr_t)listener);
    while (getchar() != EOF)
        continue;
    _exit(0); /* threads may still be calling: the client is not freed under them */
}

/* The floor: what no client can go below. A raw socket, a request written by snprintf, an answer searched by memmem; no
 * deadline, no checks of what comes, no errors told. Plain HTTP only. */
#define _GNU_SOURCE
#include "harness.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct client {
    int fd;
    char host[64];
};

void *client_open(const char *url, const char *ca) {
    (void)ca;
    struct client *client = malloc(sizeof *client);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    unsigned port = 0;
    if (!client || sscanf(url, "http://%63[^/]", client->host) != 1 || sscanf(client->host, "%*[^:]:%u", &port) != 1)
        exit(2);
    address.sin_port = htons(port);
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0)
        exit(1);
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return client;
}

void client_verify(void *pointer) {
    struct client *client = pointer;
    char body[128], request[512], answer[4096];
    int length = snprintf(body, sizeof body, "{\"otpId\":\"%s\",\"otpCode\":\"%s\"}", OTP_ID, OTP_CODE);
    int size =
        snprintf(request, sizeof request,
                 "POST /otp/verifyOTP HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic " BASIC
                 "\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: %d\r\n\r\n%s",
                 client->host, length, body);
    if (send(client->fd, request, size, 0) != size)
        exit(1);
    for (size_t filled = 0;;) {
        ssize_t got = recv(client->fd, answer + filled, sizeof answer - 1 - filled, 0);
        if (got <= 0)
            exit(1);
        filled += got;
        answer[filled] = 0;
        char *end = memmem(answer, filled, "\r\n\r\n", 4);
        char *said = end ? memmem(answer, filled, "Content-Length:", 15) : NULL;
        if (!said || filled < (size_t)(end + 4 - answer) + strtoul(said + 15, NULL, 10))
            continue;
        if (!memmem(end, answer + filled - end, "\"result\":true", 13))
            exit(1);
        return;
    }
}

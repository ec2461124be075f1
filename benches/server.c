/* The service's place in the measurements: one thread, one epoll, canned answers, so that what is measured is the
 * client.
 *
 * server CERTIFICATE KEY DELAY_MS... listens on 127.0.0.1 (and ::1), for each delay plain and over TLS 1.3, prints one
 * JSON line with the ports, and serves until its standard input ends. A POST is answered after the delay with the
 * answer to a good verify and 5 headers, on the ports of "many_headers" with 15 after 1 ms; on those of "first",
 * the first of a connection after 2 s and the others at once. A GET tells how many connections have been accepted since
 * the last one.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MAX_LISTENERS 64
#define MAX_WAITING (1 << 14)
#define MILLISECOND 1000000
#define BODY                                                                                                           \
    "{\"otpId\":\"0b2f3c5e-8a4d-4f6b-9c1e-2d7a5b8f0e36\",\"result\":true,\"isErrorCount\":false,"                      \
    "\"isExprCode\":false}"
#define HEADERS                                                                                                        \
    "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n"                                      \
    "Content-Type: application/json;charset=UTF-8\r\nConnection: keep-alive\r\n"
#define MORE_HEADERS                                                                                                   \
    "Vary: Origin\r\nVary: Access-Control-Request-Method\r\nVary: Access-Control-Request-Headers\r\n"                  \
    "X-Content-Type-Options: nosniff\r\nX-XSS-Protection: 0\r\n"                                                       \
    "Cache-Control: no-cache, no-store, max-age=0, must-revalidate\r\nPragma: no-cache\r\nExpires: 0\r\n"              \
    "X-Frame-Options: DENY\r\nStrict-Transport-Security: max-age=31536000 ; includeSubDomains\r\n"

struct listener {
    int fd;
    bool tls, many_headers, first_only;
    int64_t delay_ns;
};

struct connection {
    int fd;
    SSL *ssl;
    const struct listener *listener;
    bool closed, waiting, answered;
    size_t filled;
    char in[4096];
};

struct waiting {
    struct connection *connection;
    int64_t due;
};

static struct listener listeners[MAX_LISTENERS];
static int listener_count, epoll, timer;
static SSL_CTX *tls;
static long accepted;
static char answer[1024], long_answer[2048];
/* Answers that wait, one queue for each listener: its delay is constant, so the first is due first. */
static struct waiting queues[MAX_LISTENERS][MAX_WAITING];
static unsigned heads[MAX_LISTENERS], tails[MAX_LISTENERS];

static void fail(const char *what) {
    perror(what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void watch(int fd, void *data) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = data};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        fail("epoll_ctl");
}

/* Listens on a port that the kernel chooses, and on the same one of ::1 if it can. */
/* The port of two listeners of this kind, over IPv4 and IPv6. */
static int listen_on(struct listener kind) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    socklen_t length = sizeof v4;
    for (int family = 4; family <= 6; family += 2) {
        int fd = socket(family == 4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        struct sockaddr *address = family == 4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
        v6.sin6_port = v4.sin_port;
        if (fd < 0 || bind(fd, address, family == 4 ? sizeof v4 : sizeof v6) != 0 || listen(fd, 1024) != 0) {
            if (family == 4)
                fail("listen");
            close(fd);
            continue;
        }
        if (family == 4 && getsockname(fd, address, &length) != 0)
            fail("getsockname");
        struct listener *listener = &listeners[listener_count++];
        *listener = kind;
        listener->fd = fd;
        watch(fd, listener);
    }
    return ntohs(v4.sin_port);
}

/* As a member of a JSON object. */
static void print_ports(const char *name, struct listener kind) {
    int plain = listen_on(kind);
    kind.tls = true;
    printf("\"%s\": {\"plain\": %d, \"tls\": %d}", name, plain, listen_on(kind));
}

static void hang_up(struct connection *connection) {
    connection->closed = true;
    if (connection->waiting)
        return;
    if (connection->ssl)
        SSL_free(connection->ssl);
    close(connection->fd);
    free(connection);
}

static void say(struct connection *connection, const char *text) {
    int length = (int)strlen(text);
    int sent = connection->ssl ? SSL_write(connection->ssl, text, length)
                               : (int)send(connection->fd, text, length, MSG_NOSIGNAL);
    connection->waiting = false;
    if (connection->closed || sent != length)
        hang_up(connection);
}

static void set_timer(void) {
    int64_t earliest = 0;
    for (int i = 0; i < listener_count; i++)
        if (heads[i] != tails[i]) {
            int64_t due = queues[i][heads[i] % MAX_WAITING].due;
            if (!earliest || due < earliest)
                earliest = due;
        }
    struct itimerspec when = {.it_value = {earliest / 1000000000, earliest % 1000000000}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void say_answer(struct connection *connection) {
    say(connection, connection->listener->many_headers ? long_answer : answer);
}

static void answer_due(void) {
    int64_t time = now();
    for (int i = 0; i < listener_count; i++)
        while (heads[i] != tails[i] && queues[i][heads[i] % MAX_WAITING].due <= time)
            say_answer(queues[i][heads[i]++ % MAX_WAITING].connection);
    set_timer();
}

static void answer_request(struct connection *connection, bool is_post) {
    const struct listener *listener = connection->listener;
    if (!is_post) {
        char body[32], text[128];
        snprintf(body, sizeof body, "%ld", accepted - 1);
        snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                 strlen(body), body);
        accepted = 0;
        connection->closed = true;
        say(connection, text);
    } else if (listener->delay_ns == 0 || (listener->first_only && connection->answered)) {
        say_answer(connection);
    } else {
        long i = listener - listeners;
        connection->waiting = connection->answered = true;
        queues[i][tails[i]++ % MAX_WAITING] = (struct waiting){connection, now() + listener->delay_ns};
        if (tails[i] - heads[i] == 1)
            set_timer();
        if (tails[i] - heads[i] >= MAX_WAITING)
            fail("too many answers wait");
    }
}

/* Whether the connection holds a whole request. */
static bool is_whole(struct connection *connection) {
    connection->in[connection->filled] = 0;
    const char *end = memmem(connection->in, connection->filled, "\r\n\r\n", 4);
    if (!end)
        return false;
    const char *length = strcasestr(connection->in, "\r\ncontent-length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    return connection->filled >= (size_t)(end + 4 - connection->in) + body;
}

static void receive(struct connection *connection) {
    for (;;) {
        char *into = connection->in + connection->filled;
        int room = (int)(sizeof connection->in - 1 - connection->filled);
        int got;
        if (connection->ssl) {
            got = SSL_read(connection->ssl, into, room);
            if (got <= 0 && SSL_get_error(connection->ssl, got) == SSL_ERROR_WANT_READ)
                return;
        } else {
            got = (int)recv(connection->fd, into, room, 0);
            if (got < 0 && errno == EAGAIN)
                return;
        }
        if (got <= 0) {
            ERR_clear_error();
            hang_up(connection);
            return;
        }
        connection->filled += got;
        if (is_whole(connection)) {
            connection->filled = 0;
            answer_request(connection, connection->in[0] != 'G');
            return;
        }
    }
}

static void take_connection(struct listener *listener) {
    for (;;) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        accepted++;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        struct connection *connection = calloc(1, sizeof *connection);
        if (!connection)
            fail("calloc");
        connection->fd = fd;
        connection->listener = listener;
        if (listener->tls) {
            connection->ssl = SSL_new(tls);
            SSL_set_fd(connection->ssl, fd);
            SSL_set_accept_state(connection->ssl);
        }
        watch(fd, connection);
    }
}

int main(int count, char **arguments) {
    signal(SIGPIPE, SIG_IGN);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    tls = SSL_CTX_new(TLS_server_method());
    if (count < 4 || !tls || !SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) ||
        SSL_CTX_use_certificate_chain_file(tls, arguments[1]) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, arguments[2], SSL_FILETYPE_PEM) != 1)
        fail("usage: server CERTIFICATE KEY DELAY_MS...");
    snprintf(answer, sizeof answer, HEADERS "Content-Length: %zu\r\n\r\n" BODY, strlen(BODY));
    snprintf(long_answer, sizeof long_answer, HEADERS MORE_HEADERS "Content-Length: %zu\r\n\r\n" BODY, strlen(BODY));

    watch(0, &epoll);
    watch(timer, &timer);
    printf("{");
    print_ports("many_headers", (struct listener){.many_headers = true, .delay_ns = MILLISECOND});
    printf(", ");
    print_ports("first", (struct listener){.first_only = true, .delay_ns = 2000 * MILLISECOND});
    for (int i = 3; i < count; i++) {
        printf(", ");
        print_ports(arguments[i], (struct listener){.delay_ns = (int64_t)(atof(arguments[i]) * MILLISECOND)});
    }
    printf("}\n");
    fflush(stdout);

    for (;;) {
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            char *data = events[i].data.ptr, ignored[8];
            if (data == (char *)&epoll) {
                if (read(0, ignored, sizeof ignored) <= 0)
                    return 0;
            } else if (data == (char *)&timer) {
                if (read(timer, ignored, sizeof ignored) > 0)
                    answer_due();
            } else if (data >= (char *)listeners && data < (char *)(listeners + MAX_LISTENERS)) {
                take_connection((struct listener *)data);
            } else {
                receive((struct connection *)data);
            }
        }
    }
}

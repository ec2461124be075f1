/* Calls that do not block: each is told once, on a thread of the client, whatever ends it. The arguments are the
 * addresses of a server that verifies everybody after 20 ms, and of one that never answers. */

#include "ants_otp.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OTP_ID "0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6"

static int failures = 0;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                                    \
            __atomic_add_fetch(&failures, 1, __ATOMIC_SEQ_CST);                                                        \
        }                                                                                                              \
    } while (0)

/* What the calls of one test were told. */
struct told {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t caller;
    int all;
    int of_code[3]; /* 0, -20, -22 */
    int unsent;
    ants_otp_client *free_this;
};

/* One call, with the number of times that it was told. */
struct call {
    struct told *told;
    int times;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void begin_told(struct told *told) {
    memset(told, 0, sizeof *told);
    pthread_mutex_init(&told->lock, NULL);
    pthread_cond_init(&told->changed, NULL);
    told->caller = pthread_self();
}

static void wait_for(struct told *told, int count) {
    pthread_mutex_lock(&told->lock);
    while (told->all < count)
        pthread_cond_wait(&told->changed, &told->lock);
    pthread_mutex_unlock(&told->lock);
}

static void done(int code, const ants_otp_verification *verification, ants_otp_error *error, void *user_data) {
    struct call *call = user_data;
    struct told *told = call->told;
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    CHECK(sigismember(&blocked, SIGUSR1) == 1);
    CHECK(!pthread_equal(pthread_self(), told->caller));
    CHECK(code == 0 || code == -20 || code == -22);
    CHECK(verification->result == (code == 0) && ants_otp_error_code(error) == (code == 0 ? -1 : code));
    if (told->free_this != NULL)
        ants_otp_client_free(told->free_this);
    pthread_mutex_lock(&told->lock);
    call->times++;
    told->all++;
    told->of_code[code == 0 ? 0 : code == -20 ? 1 : 2]++;
    told->unsent += ants_otp_error_delivery(error) == ANTS_OTP_DELIVERY_NOT_SENT;
    pthread_cond_signal(&told->changed);
    pthread_mutex_unlock(&told->lock);
    ants_otp_error_free(error);
}

static ants_otp_client *client_of(const char *url, int threads, int64_t timeout_ms) {
    ants_otp_client *client = NULL;
    ants_otp_options *options = ants_otp_options_new();
    ants_otp_options_set_token(options, "token");
    ants_otp_options_set_base_url(options, url);
    ants_otp_options_set_async_threads(options, threads);
    ants_otp_options_set_timeout_ms(options, timeout_ms);
    CHECK(ants_otp_client_new(options, &client, NULL) == ANTS_OTP_OK);
    ants_otp_options_free(options);
    return client;
}

static void begin(const ants_otp_client *client, struct call *calls, int count, const ants_otp_call *with) {
    int i;
    for (i = 0; i < count; i++)
        CHECK(ants_otp_verify_async(client, OTP_ID, "1234", with, done, &calls[i], NULL) == ANTS_OTP_OK);
}

static struct call *some_calls(struct told *told, int count) {
    struct call *calls = calloc((size_t)count, sizeof *calls);
    int i;
    begin_told(told);
    for (i = 0; i < count; i++)
        calls[i].told = told;
    return calls;
}

static void each_once(struct call *calls, int count) {
    int i;
    for (i = 0; i < count; i++)
        CHECK(calls[i].times == 1);
    free(calls);
}

static void a_thousand_in_flight(const char *url) {
    struct told told;
    struct call *calls = some_calls(&told, 1000);
    ants_otp_client *client = client_of(url, 64, 30000);
    double begun = now();
    begin(client, calls, 1000, NULL);
    CHECK(now() - begun < 1);
    wait_for(&told, 1000);
    CHECK(told.of_code[0] == 1000);
    ants_otp_client_free(client);
    each_once(calls, 1000);
}

static void a_cancel_ends_them(const char *silent) {
    struct told told;
    struct call *calls = some_calls(&told, 100);
    ants_otp_client *client = client_of(silent, 8, 30000);
    ants_otp_cancel *cancel = ants_otp_cancel_new();
    ants_otp_call *call = ants_otp_call_new();
    double begun;
    ants_otp_call_set_cancel(call, cancel);
    begin(client, calls, 100, call);
    ants_otp_call_free(call);
    usleep(300000);
    begun = now();
    ants_otp_cancel_fire(cancel);
    wait_for(&told, 100);
    CHECK(now() - begun < 2);
    CHECK(told.of_code[2] == 100 && told.unsent == 92);
    ants_otp_cancel_free(cancel);
    ants_otp_client_free(client);
    each_once(calls, 100);
}

static void the_wait_for_a_thread_counts_in_the_deadline(const char *silent) {
    struct told told;
    struct call *calls = some_calls(&told, 10);
    ants_otp_client *client = client_of(silent, 2, 300);
    double begun = now();
    begin(client, calls, 10, NULL);
    wait_for(&told, 10);
    CHECK(now() - begun > 0.25 && now() - begun < 1.5);
    CHECK(told.of_code[1] == 10 && told.unsent == 8);
    ants_otp_client_free(client);
    each_once(calls, 10);
}

static void freeing_the_client_ends_and_tells_them(const char *silent) {
    struct told told;
    struct call *calls = some_calls(&told, 100);
    ants_otp_client *client = client_of(silent, 8, 30000);
    double begun;
    begin(client, calls, 100, NULL);
    usleep(300000);
    begun = now();
    ants_otp_client_free(client);
    CHECK(now() - begun < 2);
    CHECK(told.all == 100 && told.of_code[2] == 100 && told.unsent == 92);
    each_once(calls, 100);
}

static void a_client_is_freed_by_the_call_it_made(const char *url) {
    struct told told;
    struct call *calls = some_calls(&told, 1);
    told.free_this = client_of(url, 2, 30000);
    begin(told.free_this, calls, 1, NULL);
    wait_for(&told, 1);
    CHECK(told.of_code[0] == 1);
    each_once(calls, 1);
}

static void a_child_is_told_of_its_own_calls_alone(const char *url, const char *silent) {
    struct told told;
    struct call *calls = some_calls(&told, 11);
    ants_otp_client *client = client_of(url, 4, 30000), *busy = client_of(silent, 2, 30000);
    int status = -1;
    pid_t child;
    begin(busy, calls, 10, NULL);
    usleep(100000);
    child = fork();
    if (child == 0) {
        begin(client, calls + 10, 1, NULL);
        wait_for(&told, 1);
        /* Waits for nobody: the parent's threads are not here. */
        ants_otp_client_free(busy);
        ants_otp_client_free(client);
        _exit(told.all == 1 && told.of_code[0] == 1 && failures == 0 ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(told.all == 0);
    begin(client, calls + 10, 1, NULL);
    ants_otp_client_free(busy);
    wait_for(&told, 11);
    ants_otp_client_free(client);
    each_once(calls, 11);
}

int main(int argc, char **argv) {
    if (argc != 3)
        return EXIT_FAILURE;
    alarm(60);
    a_thousand_in_flight(argv[1]);
    a_cancel_ends_them(argv[2]);
    the_wait_for_a_thread_counts_in_the_deadline(argv[2]);
    freeing_the_client_ends_and_tells_them(argv[2]);
    a_client_is_freed_by_the_call_it_made(argv[1]);
    a_child_is_told_of_its_own_calls_alone(argv[1], argv[2]);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A host with habits: threads, forks, signals, plug-ins that come and go. `host HABIT URL [FILE]`; the server verifies
 * everybody. */

#include "ants_otp.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
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

static ants_otp_client *client_of(const char *url, const char *ca_file) {
    ants_otp_client *client = NULL;
    ants_otp_error *error = NULL;
    ants_otp_options *options = ants_otp_options_new();
    ants_otp_options_set_token(options, "token");
    ants_otp_options_set_otc_id(options, "otc");
    ants_otp_options_set_base_url(options, url);
    ants_otp_options_set_timeout_ms(options, 60000);
    ants_otp_options_set_connect_timeout_ms(options, 60000);
    if (ca_file != NULL)
        ants_otp_options_set_ca_file(options, ca_file);
    CHECK(ants_otp_client_new(options, &client, &error) == ANTS_OTP_OK);
    ants_otp_error_free(error);
    ants_otp_options_free(options);
    return client;
}

/* Whether somebody is verified; why not goes to standard error. */
static int verified(const ants_otp_client *client) {
    ants_otp_verification verification;
    ants_otp_error *error;
    int code = ants_otp_verify(client, OTP_ID, "1234", NULL, &verification, &error);
    if (code != ANTS_OTP_OK)
        fprintf(stderr, "%d: %s\n", code, ants_otp_error_message(error));
    ants_otp_error_free(error);
    return code == ANTS_OTP_OK && verification.result;
}

/* A whole life: what can go well does, what can go wrong too. */
static void one(const ants_otp_client *client) {
    ants_otp_error *error;
    CHECK(verified(client));
    CHECK(verified(client));
    CHECK(ants_otp_request(client, "no number", NULL, NULL, &error) == ANTS_OTP_ERR_INVALID_MOBILE);
    CHECK(*ants_otp_error_message(error) != '\0');
    ants_otp_error_free(error);
}

static void *many(void *client) {
    int i;
    for (i = 0; i < 50; i++)
        CHECK(verified(client));
    return NULL;
}

static void threads(ants_otp_client *client) {
    pthread_t thread[16];
    size_t i;
    for (i = 0; i < 16; i++)
        CHECK(pthread_create(&thread[i], NULL, many, client) == 0);
    for (i = 0; i < 16; i++)
        pthread_join(thread[i], NULL);
}

/* fork() is no cancellation point, whatever the library does in the child. */
static void *forks_while_cancelled(void *client) {
    int state, status;
    pid_t child;
    CHECK(verified(client));
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_cancel(pthread_self());
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &state);
    child = fork();
    if (child == 0)
        _exit(7);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
    return NULL;
}

static void forks(ants_otp_client *client) {
    pthread_t thread;
    int i, status;
    for (i = 0; i < 30; i++) {
        pid_t child = fork();
        if (child == 0) {
            int good = verified(client) && verified(client);
            ants_otp_client_free(client);
            _exit(good ? 0 : 1);
        }
        CHECK(waitpid(child, &status, 0) == child && status == 0);
        CHECK(verified(client));
    }
    CHECK(pthread_create(&thread, NULL, forks_while_cancelled, client) == 0);
    pthread_join(thread, NULL);
}

static volatile sig_atomic_t signals = 0;

static void count(int number) {
    (void)number;
    signals++;
}

/* A timer interrupts every wait: no call may fail by it. Without SA_RESTART. */
static void storm(ants_otp_client *client) {
    struct sigaction action;
    struct itimerval every = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};
    int i;
    memset(&action, 0, sizeof action);
    action.sa_handler = count;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    for (i = 0; i < 100 || (signals <= 50 && i < 10000); i++)
        CHECK(verified(client));
    setitimer(ITIMER_REAL, &never, NULL);
    CHECK(signals > 50);
}

/* The server closes each connection after its answer, or before: SIGPIPE would end this process. */
static void pipes(ants_otp_client *client) {
    int i, code, answered = 0;
    struct sigaction action;
    sigaction(SIGPIPE, NULL, &action);
    CHECK(action.sa_handler == SIG_DFL);
    for (i = 0; i < 50; i++) {
        code = ants_otp_verify(client, OTP_ID, "1234", NULL, NULL, NULL);
        CHECK(code == ANTS_OTP_OK || code == ANTS_OTP_ERR_CONNECTION_LOST);
        answered += code == ANTS_OTP_OK;
    }
    CHECK(answered > 0);
    sigaction(SIGPIPE, NULL, &action);
    CHECK(action.sa_handler == SIG_DFL);
}

static int ended = 12345;

static void *waits(void *client) {
    ants_otp_call *call = ants_otp_call_new();
    ants_otp_call_set_timeout_ms(call, 500);
    ended = ants_otp_verify(client, OTP_ID, "1234", call, NULL, NULL);
    ants_otp_call_free(call);
    pthread_testcancel();
    return NULL;
}

/* The server is silent. No function of the library is a cancellation point: the thread ends behind its call. */
static void cancelled(ants_otp_client *client) {
    pthread_t thread;
    void *result = NULL;
    CHECK(pthread_create(&thread, NULL, waits, client) == 0);
    usleep(100000);
    CHECK(pthread_cancel(thread) == 0);
    CHECK(pthread_join(thread, &result) == 0);
    CHECK(result == PTHREAD_CANCELED && ended == ANTS_OTP_ERR_TIMEOUT);
}

/* A plug-in comes and goes, its threads idle. */
static void plugins(const char *url, const char *library) {
    int i;
    for (i = 0; i < 20; i++) {
        void *plugin = dlopen(library, RTLD_NOW | RTLD_LOCAL);
        union {
            void *object;
            ants_otp_options *(*new_options)(void);
            int (*set)(ants_otp_options *, const char *);
            int (*new_client)(const ants_otp_options *, ants_otp_client **, ants_otp_error **);
            int (*verify)(const ants_otp_client *, const char *, const char *, const ants_otp_call *,
                          ants_otp_verification *, ants_otp_error **);
            int (*verify_async)(const ants_otp_client *, const char *, const char *, const ants_otp_call *,
                                ants_otp_verification_done, void *, ants_otp_error **);
            void (*free_options)(ants_otp_options *);
            void (*free_client)(ants_otp_client *);
        } function;
        ants_otp_options *options;
        ants_otp_client *client = NULL;
        CHECK(plugin != NULL);
        if (plugin == NULL)
            return;
#define FUNCTION(name) function.object = dlsym(plugin, "ants_otp_" name)
        FUNCTION("options_new");
        options = function.new_options();
        FUNCTION("options_set_token");
        CHECK(function.set(options, "token") == 0);
        FUNCTION("options_set_base_url");
        CHECK(function.set(options, url) == 0);
        FUNCTION("client_new");
        CHECK(function.new_client(options, &client, NULL) == 0);
        FUNCTION("options_free");
        function.free_options(options);
        FUNCTION("verify");
        CHECK(function.verify(client, OTP_ID, "1234", NULL, NULL, NULL) == 0);
        FUNCTION("client_free");
        function.free_client(client);
        CHECK(dlclose(plugin) == 0);
    }
}

static void told(int code, const ants_otp_verification *verification, ants_otp_error *error, void *result) {
    CHECK(!verification->result || code == ANTS_OTP_OK);
    CHECK(ants_otp_error_code(error) == (code == 0 ? -1 : code));
    ants_otp_error_free(error);
    __atomic_store_n((int *)result, code, __ATOMIC_SEQ_CST);
}

static int awaited(int *result) {
    int i;
    for (i = 0; i < 5000 && __atomic_load_n(result, __ATOMIC_SEQ_CST) == 12345; i++)
        usleep(1000);
    return *result;
}

/* A build for tests panics where this variable says. Each function gives what it gives for a defect; this host lives.
 */
static void panics(ants_otp_client *client) {
    ants_otp_options *options = ants_otp_options_new();
    ants_otp_error *error = NULL;
    ants_otp_sent *sent = (ants_otp_sent *)&failures;
    int result = 12345;

    setenv("ANTS_OTP_FORCE_PANIC", "border", 1);
    CHECK(ants_otp_request(client, "0812345678", NULL, &sent, &error) == ANTS_OTP_ERR_INTERNAL && sent == NULL);
    CHECK(ants_otp_options_set_timeout_ms(options, 1000) == ANTS_OTP_ERR_INTERNAL);
    CHECK(ants_otp_verify_async(client, OTP_ID, "1", NULL, told, &result, NULL) == ANTS_OTP_ERR_INTERNAL);
    CHECK(*ants_otp_error_message(error) == '\0' && ants_otp_error_http_status(error) == -1);
    unsetenv("ANTS_OTP_FORCE_PANIC");
    CHECK(ants_otp_error_code(error) == ANTS_OTP_ERR_INTERNAL && *ants_otp_error_message(error) != '\0');
    CHECK(ants_otp_error_delivery(error) == ANTS_OTP_DELIVERY_UNKNOWN && result == 12345);
    ants_otp_error_free(error);

    setenv("ANTS_OTP_FORCE_PANIC", "worker", 1);
    CHECK(ants_otp_verify_async(client, OTP_ID, "1", NULL, told, &result, NULL) == ANTS_OTP_OK);
    CHECK(awaited(&result) == ANTS_OTP_ERR_INTERNAL);
    unsetenv("ANTS_OTP_FORCE_PANIC");
    result = 12345;
    CHECK(ants_otp_verify_async(client, OTP_ID, "1", NULL, told, &result, NULL) == ANTS_OTP_OK);
    CHECK(awaited(&result) == ANTS_OTP_OK);
    CHECK(verified(client));
    ants_otp_options_free(options);
}

int main(int argc, char **argv) {
    const char *habit = argc > 2 ? argv[1] : "", *file = argc > 3 ? argv[3] : NULL;
    ants_otp_client *client;
    if (strcmp(habit, "plugins") == 0) {
        plugins(argv[2], file);
        return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    client = argc > 2 ? client_of(argv[2], file) : NULL;
    if (strcmp(habit, "one") == 0)
        one(client);
    else if (strcmp(habit, "threads") == 0)
        threads(client);
    else if (strcmp(habit, "forks") == 0)
        forks(client);
    else if (strcmp(habit, "storm") == 0)
        storm(client);
    else if (strcmp(habit, "pipes") == 0)
        pipes(client);
    else if (strcmp(habit, "cancelled") == 0)
        cancelled(client);
    else if (strcmp(habit, "panics") == 0)
        panics(client);
    else
        return EXIT_FAILURE;
    ants_otp_client_free(client);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

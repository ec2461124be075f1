/* Random numbers are forbidden by a seccomp filter, as a sandbox may do it: before the client is made, after it, before
 * a call on a new thread, or before a fork. What is not as it should be is told on standard output, with exit status 1.
 */

#include "ants_otp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int forbid_random(void) {
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof rules / sizeof rules[0], rules};
    char byte;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return -1;
    return getrandom(&byte, 1, 0) == -1 && errno == EIO ? 0 : -1;
}

/* A port of this machine that takes connections and says nothing. */
static int silent_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 8) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        return -1;
    return ntohs(address.sin_port);
}

static int is_told(const char *what, int code, int expected, ants_otp_error *error, const char *words) {
    int right = code == expected && ants_otp_error_delivery(error) == ANTS_OTP_DELIVERY_NOT_SENT &&
                strstr(ants_otp_error_message(error), words) != NULL;
    if (!right)
        printf("%s: %d, expected %d: %s\n", what, code, expected, ants_otp_error_message(error));
    ants_otp_error_free(error);
    return right;
}

static int make(const char *url, ants_otp_client **client, ants_otp_error **error) {
    ants_otp_options *options = ants_otp_options_new();
    int code;
    ants_otp_options_set_credentials(options, "user", "password");
    ants_otp_options_set_base_url(options, url);
    ants_otp_options_set_timeout_ms(options, 5000);
    code = ants_otp_client_new(options, client, error);
    ants_otp_options_free(options);
    return code;
}

static ants_otp_client *secure, *plain;

/* TLS needs random numbers; a call without it fails as it ever would: nobody listens there. */
static void *call(void *unused) {
    static char right;
    ants_otp_error *error = NULL;
    int code = ants_otp_balance(secure, NULL, NULL, &error);
    int told = is_told("https", code, ANTS_OTP_ERR_TLS, error, "random numbers");
    (void)unused;
    error = NULL;
    code = ants_otp_balance(plain, NULL, NULL, &error);
    return is_told("http", code, ANTS_OTP_ERR_CONNECT, error, "refused") && told ? &right : NULL;
}

int main(int count, char **arguments) {
    const char *when = count == 2 ? arguments[1] : "";
    ants_otp_error *error = NULL;
    pthread_t thread;
    void *right = NULL;
    char url[64];
    int code, status = 1;
    snprintf(url, sizeof url, "https://127.0.0.1:%d", silent_port());
    if (strcmp(when, "before") == 0) {
        if (forbid_random() != 0)
            return puts("no filter"), 1;
        code = make(url, &secure, &error);
        return !is_told(when, code, ANTS_OTP_ERR_TLS, error, "random numbers");
    }
    if (make(url, &secure, &error) != 0 || make("http://127.0.0.1:1", &plain, &error) != 0 || forbid_random() != 0)
        return puts("no clients or no filter"), 1;
    if (strcmp(when, "after") == 0)
        right = call(NULL);
    else if (strcmp(when, "thread") == 0 && pthread_create(&thread, NULL, call, NULL) == 0)
        pthread_join(thread, &right);
    else if (strcmp(when, "fork") == 0) {
        pid_t child = fork();
        if (child == 0) {
            right = call(NULL);
            fflush(stdout);
            _exit(right == NULL);
        }
        return waitpid(child, &status, 0) != child || status != 0;
    }
    ants_otp_client_free(secure);
    ants_otp_client_free(plain);
    return right == NULL;
}

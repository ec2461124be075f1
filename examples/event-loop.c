/* Confirms a mobile number in a program with an event loop (epoll): no call blocks it. A code a line on standard input.
 * The client comes from the environment, as in login.c. */

#include <ants_otp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The news of a call that has ended, on its way from the client's thread to the loop. One call is under way at a time;
 * with more of them, a list under a mutex stands here. */
static struct {
    int wakes; /* an eventfd: its write and read also order the memory of the two threads */
    int code;
    ants_otp_sent *sent;
    ants_otp_error *error;
} news;

static void wake(int code, ants_otp_sent *sent, ants_otp_error *error) {
    uint64_t one = 1;
    news.code = code;
    news.sent = sent;
    news.error = error;
    if (write(news.wakes, &one, sizeof one) != sizeof one)
        abort();
}

/* These two run on a thread of the client: they hand over, and no more. */
static void on_sent(int code, ants_otp_sent *sent, ants_otp_error *error, void *user_data) {
    (void)user_data;
    wake(code, sent, error);
}

static void on_verified(int code, const ants_otp_verification *verification, ants_otp_error *error, void *user_data) {
    (void)verification;
    (void)user_data;
    wake(code, NULL, error);
}

static void quit(const ants_otp_error *error) {
    fprintf(stderr, "%s\n", ants_otp_error_message(error));
    exit(2);
}

int main(int argc, char **argv) {
    ants_otp_options *options = ants_otp_options_new();
    ants_otp_client *client;
    ants_otp_sent *otp = NULL;
    ants_otp_error *error;
    struct epoll_event typed = {.events = EPOLLIN, .data.fd = STDIN_FILENO}, told = {.events = EPOLLIN}, event;
    int verified = 0, epoll = epoll_create1(0);

    news.wakes = told.data.fd = eventfd(0, 0);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    ants_otp_options_load_env(options);
    if (argc != 2 || ants_otp_client_new(options, &client, &error) != ANTS_OTP_OK)
        return 2;
    ants_otp_options_free(options);
    epoll_ctl(epoll, EPOLL_CTL_ADD, news.wakes, &told);
    if (ants_otp_request_async(client, argv[1], NULL, on_sent, NULL, &error) != ANTS_OTP_OK)
        quit(error);

    while (!verified && epoll_wait(epoll, &event, 1, -1) >= 0) {
        if (event.data.fd == news.wakes) {
            uint64_t count;
            if (read(news.wakes, &count, sizeof count) != sizeof count || (otp == NULL && news.sent == NULL))
                quit(news.error);
            if (otp == NULL) {
                otp = news.sent;
                printf("SMS sent to %s, reference %s\n", argv[1], ants_otp_sent_reference_code(otp));
            } else {
                verified = news.code == ANTS_OTP_OK;
                puts(verified ? "verified" : ants_otp_code_user_text(news.code, "en"));
            }
            ants_otp_error_free(news.error);
            epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &typed); /* the person's turn */
        } else {
            /* Whole, as a terminal hands it over; what comes by a socket is gathered up to its end first. */
            char line[64];
            ssize_t length = read(STDIN_FILENO, line, sizeof line - 1);
            if (length <= 0)
                break;
            line[length] = '\0';
            epoll_ctl(epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL); /* the service's turn */
            if (ants_otp_verify_async(client, ants_otp_sent_otp_id(otp), line, NULL, on_verified, NULL, &error) != 0)
                quit(error);
        }
    }
    ants_otp_sent_free(otp);
    ants_otp_client_free(client); /* ends a call that is still under way; its function has run then */
    return verified ? 0 : 1;
}

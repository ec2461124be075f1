/* The C runner of the scenarios: one command a line on standard input, tabs between its parts; one line of answer. */

#include "ants_otp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PARTS = 5, MAX_LINE = 4096 };

static ants_otp_client *client;

/* Cuts the line at its tabs; gives the number of parts. */
static int split(char *line, char *parts[MAX_PARTS]) {
    int count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    while (line != NULL && count < MAX_PARTS) {
        char *tab = strchr(line, '\t');
        parts[count++] = line;
        if (tab != NULL)
            *tab++ = '\0';
        line = tab;
    }
    return line == NULL ? count : MAX_PARTS + 1;
}

static const char *delivery_name(int code, const ants_otp_error *error) {
    if (code == ANTS_OTP_OK)
        return "ANSWERED";
    switch (ants_otp_error_delivery(error)) {
    case ANTS_OTP_DELIVERY_NOT_SENT:
        return "NOT_SENT";
    case ANTS_OTP_DELIVERY_ANSWERED:
        return "ANSWERED";
    default:
        return "UNKNOWN";
    }
}

static void connect_to(const char *url, const char *user, const char *password, const char *otc_id) {
    ants_otp_options *options = ants_otp_options_new();
    int code;
    ants_otp_client_free(client);
    ants_otp_options_set_base_url(options, url);
    if (*user == '\0')
        ants_otp_options_set_token(options, password);
    else
        ants_otp_options_set_credentials(options, user, password);
    if (*otc_id != '\0')
        ants_otp_options_set_otc_id(options, otc_id);
    code = ants_otp_client_new(options, &client, NULL);
    ants_otp_options_free(options);
    printf("%d\n", code);
}

static void print_sent(int code, ants_otp_sent *sent, ants_otp_error *error) {
    printf("%d\t%s\t%s\t%s\n", code, delivery_name(code, error), ants_otp_sent_otp_id(sent),
           ants_otp_sent_reference_code(sent));
    ants_otp_sent_free(sent);
    ants_otp_error_free(error);
}

static void request(const char *mobile) {
    ants_otp_sent *sent;
    ants_otp_error *error;
    int code = ants_otp_request(client, mobile, NULL, &sent, &error);
    print_sent(code, sent, error);
}

static void resend(const char *otp_id) {
    ants_otp_sent *sent;
    ants_otp_error *error;
    int code = ants_otp_resend(client, *otp_id == '\0' ? NULL : otp_id, NULL, &sent, &error);
    print_sent(code, sent, error);
}

static void verify(const char *otp_id, const char *otp_code) {
    ants_otp_error *error;
    int code = ants_otp_verify(client, otp_id, otp_code, NULL, NULL, &error);
    printf("%d\t%s\t%s\n", code, delivery_name(code, error), code == ANTS_OTP_OK ? "true" : "false");
    ants_otp_error_free(error);
}

static void balance(void) {
    ants_otp_account *account;
    ants_otp_error *error;
    int code = ants_otp_balance(client, NULL, &account, &error);
    printf("%d\t%s\t%s\t%s\n", code, delivery_name(code, error), ants_otp_account_type(account),
           ants_otp_account_credit(account));
    ants_otp_account_free(account);
    ants_otp_error_free(error);
}

int main(void) {
    char line[MAX_LINE];
    char *parts[MAX_PARTS];
    while (fgets(line, sizeof line, stdin) != NULL) {
        int count = split(line, parts);
        if (count == 5 && strcmp(parts[0], "client") == 0) {
            connect_to(parts[1], parts[2], parts[3], parts[4]);
        } else if (client != NULL && count == 2 && strcmp(parts[0], "request") == 0) {
            request(parts[1]);
        } else if (client != NULL && count == 2 && strcmp(parts[0], "resend") == 0) {
            resend(parts[1]);
        } else if (client != NULL && count == 3 && strcmp(parts[0], "verify") == 0) {
            verify(parts[1], parts[2]);
        } else if (client != NULL && count == 1 && strcmp(parts[0], "balance") == 0) {
            balance();
        } else {
            fprintf(stderr, "unknown command: %s\n", parts[0]);
            return EXIT_FAILURE;
        }
        fflush(stdout);
    }
    ants_otp_client_free(client);
    return EXIT_SUCCESS;
}

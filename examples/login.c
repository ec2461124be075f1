/* Confirms a mobile number: sends an OTP, then takes a code a line; an empty line sends the OTP again. The client comes
 * from the environment: ANTS_OTP_USERNAME, ANTS_OTP_PASSWORD, ANTS_OTP_OTC_ID. */

#include <ants_otp.h>
#include <stdio.h>
#include <stdlib.h>

/* What stands in the way, and whether calling again is safe. */
static void quit(const ants_otp_error *error) {
    int unsent = ants_otp_error_delivery(error) == ANTS_OTP_DELIVERY_NOT_SENT;
    fprintf(stderr, "%s\n%s\n", ants_otp_error_message(error),
            unsent ? "Nothing was sent." : "The service may have acted: look before you try again.");
    exit(2);
}

int main(int argc, char **argv) {
    ants_otp_options *options = ants_otp_options_new();
    ants_otp_client *client;
    ants_otp_sent *sent;
    ants_otp_error *error;
    char line[64];
    int verified = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: %s MOBILE\n", argv[0]);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* each line is seen at once, also through a pipe */

    ants_otp_options_load_env(options);
    if (ants_otp_client_new(options, &client, &error) != ANTS_OTP_OK)
        quit(error);
    if (ants_otp_request(client, argv[1], NULL, &sent, &error) != ANTS_OTP_OK)
        quit(error);
    printf("SMS sent to %s, reference %s\n", argv[1], ants_otp_sent_reference_code(sent));

    while (fgets(line, sizeof line, stdin) != NULL) {
        if (line[0] == '\n') {
            ants_otp_sent *again;
            if (ants_otp_resend(client, ants_otp_sent_otp_id(sent), NULL, &again, &error) != ANTS_OTP_OK)
                quit(error);
            ants_otp_sent_free(sent);
            sent = again; /* its otp id may be another */
            printf("SMS sent again, reference %s\n", ants_otp_sent_reference_code(sent));
            continue;
        }
        switch (ants_otp_verify(client, ants_otp_sent_otp_id(sent), line, NULL, NULL, &error)) {
        case ANTS_OTP_OK: /* the only one that lets anybody in */
            verified = 1;
            puts("verified");
            break;
        case ANTS_OTP_WRONG_CODE:
        case ANTS_OTP_OVER_LIMIT_USAGE:
        case ANTS_OTP_CODE_EXPIRED:
        case ANTS_OTP_CODE_CONFIRMED:
            puts(ants_otp_code_user_text(ants_otp_error_code(error), "en"));
            break;
        default:
            quit(error);
        }
        ants_otp_error_free(error);
    }

    ants_otp_sent_free(sent);
    ants_otp_client_free(client);
    ants_otp_options_free(options);
    return verified ? 0 : 1;
}

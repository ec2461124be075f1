/* The shortest way: sends an OTP to `first MOBILE` and takes its code. login.c also resends. */

#include <ants_otp.h>
#include <stdio.h>

int main(int argc, char **argv) {
    ants_otp_options *options = ants_otp_options_new();
    ants_otp_client *client = NULL;
    ants_otp_sent *sent = NULL;
    ants_otp_error *error = NULL;
    char line[64] = "";
    int code;

    ants_otp_options_load_env(options); /* ANTS_OTP_USERNAME, ANTS_OTP_PASSWORD, ANTS_OTP_OTC_ID */
    code = ants_otp_client_new(options, &client, &error);
    if (code == ANTS_OTP_OK)
        code = ants_otp_request(client, argc > 1 ? argv[1] : NULL, NULL, &sent, &error);
    if (code == ANTS_OTP_OK) {
        printf("SMS sent, reference %s\n", ants_otp_sent_reference_code(sent));
        fflush(stdout);
        if (fgets(line, sizeof line, stdin) == NULL)
            *line = '\0';
        code = ants_otp_verify(client, ants_otp_sent_otp_id(sent), line, NULL, NULL, &error);
    }
    if (code == ANTS_OTP_OK)
        puts("verified");
    else
        fprintf(stderr, "%s\n", ants_otp_error_message(error));

    ants_otp_error_free(error);
    ants_otp_sent_free(sent);
    ants_otp_client_free(client);
    ants_otp_options_free(options);
    return code == ANTS_OTP_OK ? 0 : 1;
}

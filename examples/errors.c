/* What to do about an error, by its class. `errors MOBILE` requests an OTP and tells what it would do if that fails.
 * The client comes from the environment, as in login.c. */

#include <ants_otp.h>
#include <stdio.h>

enum action { GO_ON, ASK_AGAIN, CALL_LATER, LOOK_FIRST, TELL_OPERATOR };

static const char *const names[] = {"go on", "ask the person again", "call again later", "look before calling again",
                                    "tell the operator"};

static enum action action_for(int code, const ants_otp_error *error) {
    switch (code) {
    case ANTS_OTP_OK:
        return GO_ON;
    /* What the person typed. */
    case ANTS_OTP_ERR_INVALID_MOBILE:
    case ANTS_OTP_INVALID_NUMBER:
    case ANTS_OTP_NUMBER_PREFIX_MISSING:
    case ANTS_OTP_WRONG_CODE:
    case ANTS_OTP_CODE_EXPIRED:
    case ANTS_OTP_CODE_CONFIRMED:
    case ANTS_OTP_OVER_LIMIT_USAGE:
    case ANTS_OTP_NO_DATA_AVAILABLE:
        return ASK_AGAIN;
    case ANTS_OTP_RATE_LIMITED:
        return CALL_LATER;
    default:
        break;
    }
    /* Any other answer of the service, an option or an argument: a person has to change something. */
    if (code > 0 || code > ANTS_OTP_ERR_RESOLVE)
        return TELL_OPERATOR;
    /* No answer. Only where nothing was sent is it certain that no SMS is on its way. */
    if (ants_otp_error_safe_to_retry(error))
        return CALL_LATER;
    return ants_otp_error_delivery(error) == ANTS_OTP_DELIVERY_NOT_SENT ? TELL_OPERATOR : LOOK_FIRST;
}

int main(int argc, char **argv) {
    ants_otp_options *options = ants_otp_options_new();
    ants_otp_client *client = NULL;
    ants_otp_error *error;
    enum action action;
    int code;

    ants_otp_options_load_env(options);
    code = ants_otp_client_new(options, &client, &error);
    if (code == ANTS_OTP_OK)
        code = ants_otp_request(client, argc > 1 ? argv[1] : "", NULL, NULL, &error);
    action = action_for(code, error);
    printf("%s: %s", ants_otp_code_name(code), names[action]);
    if (action == CALL_LATER && ants_otp_error_retry_after_ms(error) >= 0)
        printf(", in %d ms", (int)ants_otp_error_retry_after_ms(error));
    putchar('\n');
    if (action == TELL_OPERATOR)
        printf("%s\n", ants_otp_code_advice(code));
    ants_otp_error_free(error);
    ants_otp_client_free(client);
    ants_otp_options_free(options);
    return action;
}

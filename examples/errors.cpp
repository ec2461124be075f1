// What to do about an error, by its class. `errors MOBILE` requests an OTP and tells what it would do if that fails.
// The client comes from the environment, as in login.cpp.

#include <ants_otp.hpp>
#include <iostream>

namespace otp = ants::otp;

enum Action { go_on, ask_again, call_later, look_first, tell_operator };

const char *const names[] = {"go on", "ask the person again", "call again later", "look before calling again",
                             "tell the operator"};

static Action action_for(const otp::Failure &failure) {
    if (!failure)
        return go_on;
    // What the person typed.
    for (const auto code : {otp::Code::err_invalid_mobile, otp::Code::invalid_number, otp::Code::number_prefix_missing,
                            otp::Code::no_data_available, otp::Code::over_limit_usage}) {
        if (failure.code == code)
            return ask_again;
    }
    if (failure.code == otp::Code::rate_limited)
        return call_later;
    // No answer. Only where nothing was sent is it certain that no SMS is on its way.
    if (failure.safe_to_retry)
        return call_later;
    if (failure.delivery == otp::Delivery::unknown)
        return look_first;
    // Any other answer of the service, an option or an argument: a person has to change something.
    return tell_operator;
}

int main(int argc, char **argv) {
    otp::Failure failure;
    const otp::Client client(otp::Options().load_env(), failure);
    if (client)
        static_cast<void>(client.request(argc > 1 ? argv[1] : "", failure));
    const Action action = action_for(failure);
    const auto code = static_cast<otp::Code>(failure.code.value());
    std::cout << name(code) << ": " << names[action];
    if (action == call_later && failure.retry_after)
        std::cout << ", in " << failure.retry_after->count() << " ms";
    std::cout << '\n';
    if (action == tell_operator)
        std::cout << advice(code) << '\n';
    return action;
}

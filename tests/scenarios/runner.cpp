// The C++ runner of the scenarios: one command a line on standard input, tabs between its parts; one line of answer.

#include "ants_otp.hpp"

#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace otp = ants::otp;

static std::vector<std::string> split(const std::string &line) {
    std::vector<std::string> parts(1);
    for (const char c : line) {
        if (c == '\t')
            parts.emplace_back();
        else if (c != '\r')
            parts.back() += c;
    }
    return parts;
}

static std::string outcome(const std::error_code &code, otp::Delivery delivery) {
    const char *const names[] = {"UNKNOWN", "NOT_SENT", "ANSWERED"};
    return std::to_string(code.value()) + '\t' + names[static_cast<int>(delivery)];
}

static std::string outcome(const otp::Error &error) { return outcome(error.code(), error.delivery()); }

static std::string connect(std::optional<otp::Client> &client, const std::vector<std::string> &parts) {
    otp::Options options;
    options.base_url(parts[1]);
    if (parts[2].empty())
        options.token(parts[3]);
    else
        options.credentials(parts[2], parts[3]);
    if (!parts[4].empty())
        options.otc_id(parts[4]);
    client.reset();
    try {
        client.emplace(options);
        return "0";
    } catch (const otp::Error &error) {
        return std::to_string(error.code().value());
    }
}

template <class Send> static std::string sent(Send send) {
    try {
        const otp::Sent sent = send();
        return "0\tANSWERED\t" + std::string(sent.otp_id()) + '\t' + std::string(sent.reference_code());
    } catch (const otp::Error &error) {
        return outcome(error) + "\t\t";
    }
}

static std::string verify(const otp::Client &client, const std::string &otp_id, const std::string &code) {
    try {
        const otp::Verification verification = client.verify(otp_id, code);
        return outcome(verification.code(), otp::Delivery::answered) + (verification ? "\ttrue" : "\tfalse");
    } catch (const otp::Error &error) {
        return outcome(error) + "\tfalse";
    }
}

static std::string balance(const otp::Client &client) {
    try {
        const otp::Account account = client.balance();
        return "0\tANSWERED\t" + std::string(account.type()) + '\t' + std::string(account.credit());
    } catch (const otp::Error &error) {
        return outcome(error) + "\t\t";
    }
}

static std::string answer(std::optional<otp::Client> &client, const std::string &line) {
    const std::vector<std::string> parts = split(line);
    const auto is = [&](const char *name, std::size_t count) { return parts[0] == name && parts.size() == count; };
    if (is("client", 5))
        return connect(client, parts);
    if (client && is("request", 2))
        return sent([&] { return client->request(parts[1]); });
    if (client && is("resend", 2) && parts[1].empty())
        return sent([&] { return client->resend_newest(); });
    if (client && is("resend", 2))
        return sent([&] { return client->resend(parts[1]); });
    if (client && is("verify", 3))
        return verify(*client, parts[1], parts[2]);
    if (client && is("balance", 1))
        return balance(*client);
    throw std::runtime_error("unknown command: " + parts[0]);
}

int main() try {
    std::optional<otp::Client> client;
    for (std::string line; std::getline(std::cin, line);)
        std::cout << answer(client, line) << std::endl;
    return 0;
} catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return 1;
}

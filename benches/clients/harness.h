/* What every measured client shares: the command line, the threads, the clock, the report. A client brings the two
 * functions below.
 *
 * CLIENT URL CALLS [--ca FILE] [--threads N] [--pause MS] [--idle N] makes CALLS calls in all and prints one JSON line:
 * wall-clock and CPU microseconds of the calls, without start, connect and the first call of each thread where CALLS
 * allows; and the process's peak memory. --idle opens N connections first, by as many calls at once.
 */
#ifndef HARNESS_H
#define HARNESS_H

#define OTP_ID "0b2f3c5e-8a4d-4f6b-9c1e-2d7a5b8f0e36"
#define OTP_CODE "79895"
#define USER "demo"
#define PASSWORD "demo-password"
#define BASIC "ZGVtbzpkZW1vLXBhc3N3b3Jk"
#define TIMEOUT_MS 15000
#define CONNECT_TIMEOUT_MS 5000

/* One thread's client of `url`; `ca` is a PEM file or NULL. Ends the process where it cannot be made. */
void *client_open(const char *url, const char *ca);
/* One verify; ends the process unless it is verified. */
void client_verify(void *client);

#endif

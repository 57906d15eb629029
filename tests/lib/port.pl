# perl port.pl: prints a port of 127.0.0.1 that nobody listens on, below those that the kernel hands out to whoever asks for any: other
# tests do so all the time, and one of them might get it before it is used.
use strict;
use IO::Socket::INET;
for (1 .. 1000) {
	my $port = 10000 + int rand 22000;
	next unless IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => $port, ReuseAddr => 1);
	print "$port\n";
	exit;
}
exit 1;

#!/usr/bin/perl
# unmet.pl CATALOGUE LIST: the texts of a catalogue (build/celsync.pot, po/ru.po) that nobody meets in a list of messages, one a line as
# the catalogue has them (\n for a new line). A format's directives stand for anything on their line; a line's beginning for any indentation.
use strict;
use warnings;
use open qw(:std :encoding(UTF-8));

# texts FILE: [msgid, what is shown of it in that catalogue...]. An empty translation is the msgid itself.
sub texts {
	my ($file) = @_;
	open my $in, '<', $file or die "$file: $!\n";
	local $/ = '';
	my @texts;
	while (my $entry = <$in>) {
		my (%said, $of);
		for (split /\n/, $entry) {
			$of = $1 if s/^(msgid(?:_plural)?|msgstr(?:\[\d\])?) //;
			$said{$of} .= $1 if $of && /^"(.*)"$/;
		}
		next unless length($said{msgid} // '');
		my @shown = grep { length } map { $said{$_} } grep { /^msgstr/ } sort keys %said;
		@shown = grep { defined } @said{qw(msgid msgid_plural)} unless @shown;
		push @texts, [$said{msgid}, @shown];
	}
	return @texts;
}

# What the program leaves at the ends of a line, or joins by itself, is not asked for.
sub pattern {
	my ($text) = @_;
	$text =~ s/\\n/\n/g;
	$text =~ s/\\t/\t/g;
	$text =~ s/\\(["\\])/$1/g;
	$text =~ s/^\s+|\s+$//g;
	my $pattern = '';
	for (split /(%[-+ 0#]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:<PRI\w+>|l{0,2}[a-zA-Z]|z[a-z])|%%|\s*\n\s*| +)/, $text) {
		$pattern .= $_ eq '%%' ? '%' : /^%./ ? '[^\n]*?' : /\n/ ? '\s*\n\s*' : /^ +$/ ? ' +' : quotemeta;
	}
	$pattern = "(?<!\\w)$pattern" if $pattern =~ /^\w/;
	$pattern .= '(?!\w)' if $pattern =~ /\w$/ && $text =~ /\w$/;
	return $pattern;
}

my ($catalogue, $list) = @ARGV or die "unmet.pl CATALOGUE LIST\n";
my $met = do { local $/; open my $in, '<', $list or die "$list: $!\n"; <$in> };
for (sort { $a->[0] cmp $b->[0] } texts($catalogue)) {
	my ($id, @shown) = @$_;
	print "$id\n" unless grep { my $p = pattern($_); $met =~ /$p/ } @shown;
}

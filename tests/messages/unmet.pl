#!/usr/bin/perl
# unmet.pl CATALOGUE LIST...: the texts of a catalogue (build/celsync.pot, po/ru.po) that nobody meets in these lists of messages, one a
# line as the catalogue has them (\n for a new line). A format's directives stand for anything on their line, a line's beginning for any
# indentation. With -f the sources of each stand before it.
use strict;
use warnings;
# Bytes, not characters: places in a text are found much faster. Those of a letter beyond ASCII are one's own.
my $LETTER = qr{[\w\x80-\xff]};

my $DIRECTIVE = qr/%(?:\d+\$)?[-+ 0#]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:<PRI\w+>|ll?[dux]|z[du]|[a-zA-Z])/;

# [msgid, sources, what is shown of it in that catalogue...]; an empty translation is the msgid itself.
sub texts {
	my ($file) = @_;
	open my $in, '<', $file or die "$file: $!\n";
	local $/ = '';
	my @texts;
	while (my $entry = <$in>) {
		my (%said, $of);
		my $sources = join ' ', $entry =~ /^#: (.*)/mg;
		for (split /\n/, $entry) {
			$of = $1 if s/^(msgctxt|msgid(?:_plural)?|msgstr(?:\[\d\])?) //;
			$said{$of} .= $1 if $of && /^"(.*)"$/;
		}
		next unless length($said{msgid} // '');
		my @shown = grep { length } map { $said{$_} } grep { /^msgstr/ } sort keys %said;
		@shown = grep { defined } @said{qw(msgid msgid_plural)} unless @shown;
		push @texts, [(defined $said{msgctxt} ? "$said{msgctxt}: " : '') . $said{msgid}, $sources, @shown];
	}
	return @texts;
}

# The text as a list holds it: a pattern, and the longest of its words, which is quickly looked for.
sub pattern {
	my ($text) = @_;
	$text =~ s/\\n/\n/g;
	$text =~ s/\\t/\t/g;
	$text =~ s/\\(["\\])/$1/g;
	1 while $text =~ s/^(?:\s+|$DIRECTIVE)|(?:\s+|$DIRECTIVE)$//;
	my ($pattern, $longest) = ('', '');
	for (split /($DIRECTIVE|%%|\s*\n\s*| +)/, $text) {
		if (/^$DIRECTIVE$/) { $pattern .= '[^\n]*?' }
		elsif (/\n/) { $pattern .= '\s*\n\s*' }
		elsif (/^ +$/) { $pattern .= ' +' }
		else {
			my $word = $_ eq '%%' ? '%' : $_;
			$pattern .= quotemeta $word;
			$longest = $word if length $word > length $longest;
		}
	}
	$pattern = "(?<!$LETTER)$pattern" if $text =~ /^$LETTER/;
	$pattern .= "(?!$LETTER)" if $text =~ /$LETTER\z/;
	return ($pattern, $longest);
}

my $with_sources = @ARGV && $ARGV[0] eq '-f' && shift;
my ($catalogue, @lists) = @ARGV or die "unmet.pl [-f] CATALOGUE LIST...\n";
my $met = "\n";
for my $list (@lists) {
	local $/;
	open my $in, '<', $list or die "$list: $!\n";
	$met .= <$in>;
}

# A text is looked for around each place where its longest word stands: a pattern over the whole lists would take long.
sub is_met {
	my ($pattern, $word) = @_;
	my $lines = 4 + ($pattern =~ s/\\n/\\n/g);
	for (my $at = index $met, $word; $at >= 0; $at = index $met, $word, $at + 1) {
		my ($from, $to) = ($at, $at);
		for (1 .. $lines) {
			$from = rindex $met, "\n", $from - 1 if $from > 0;
			$to = index $met, "\n", $to + 1 if $to >= 0;
		}
		my $around = substr $met, $from < 0 ? 0 : $from, ($to < 0 ? length $met : $to) - ($from < 0 ? 0 : $from);
		return 1 if $around =~ /$pattern/;
		last if $to < 0;
	}
	return 0;
}

for (sort { $a->[0] cmp $b->[0] } texts($catalogue)) {
	my ($id, $sources, @shown) = @$_;
	next if grep { is_met(pattern($_)) } @shown;
	print $with_sources ? "$sources: $id\n" : "$id\n";
}

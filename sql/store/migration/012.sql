-- Not of what never was: a backfill of years notes very many recordings that are not there any more, and nobody looks for them by path.
DROP INDEX recording_path;
CREATE INDEX recording_path ON recording (path) WHERE state <> 'none' OR wav_gone > 0 OR path = '';

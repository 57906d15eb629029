-- What becomes of a recording after its MP3 was made (store/recordings.c).
ALTER TABLE recording ADD COLUMN published INTEGER NOT NULL DEFAULT 0; -- when its link was first made; 0: never
ALTER TABLE recording ADD COLUMN wav_due INTEGER NOT NULL DEFAULT 0; -- when CDR and WAV are to be seen to
ALTER TABLE recording ADD COLUMN wav_gone INTEGER NOT NULL DEFAULT 0; -- since when the WAV is not there; 0: it is
CREATE INDEX recording_path ON recording (path);
CREATE INDEX recording_look ON recording (not_before) WHERE state = 'done';
CREATE INDEX recording_wav ON recording (wav_due) WHERE state = 'done';
CREATE INDEX recording_link ON recording (published) WHERE state = 'done' AND link IS NOT NULL;
CREATE INDEX recording_noted ON recording (since) WHERE state = 'done' AND reason IS NOT NULL;

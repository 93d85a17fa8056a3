import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('experiments', '0001_initial'),
        ('recommenders', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='item',
            name='markets',
            field=models.JSONField(blank=True, default=list, help_text='Countries it is sold in, e.g. ["DE", "AT"]. Empty: everywhere.'),
        ),
        migrations.AddField(
            model_name='item',
            name='added_at',
            field=models.DateTimeField(default=django.utils.timezone.now, help_text='When it became part of the range.'),
        ),
        migrations.CreateModel(
            name='Comparison',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.JSONField()),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('ready', 'Ready'), ('failed', 'Failed')], default='queued', max_length=8)),
                ('n_done', models.PositiveIntegerField(default=0)),
                ('n_units', models.PositiveIntegerField(default=0)),
                ('figures', models.JSONField(blank=True, default=dict)),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('seen_at', models.DateTimeField(auto_now=True, help_text='Last sign of life.')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='experiments.site')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
    ]
